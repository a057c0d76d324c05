"""What nbgrader calls by other names, for the formgrader and nbgrader's own commands."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from autograder.course import load_course  # noqa: E402

c = get_config()  # noqa: F821  (nbgrader runs this file with it)

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.course_id = load_course().id
c.CourseDirectory.db_url = f"sqlite:///{ROOT / 'gradebook.db'}"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "homeworks"
c.CourseDirectory.submitted_directory = "submissions"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
# nbgrader copies every file that lies beside a notebook: the reference implementations must not leave with it.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc", "*.py", "*.md"]
