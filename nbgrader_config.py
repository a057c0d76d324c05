"""What nbgrader calls by other names, for the formgrader and nbgrader's own commands."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from autograder.course import load_course  # noqa: E402

c = get_config()  # noqa: F821  (nbgrader runs this file with it)

# `make formgrader` may look at another folder with a gradebook: that of the demo class.
FOLDER = Path(os.environ.get("DGM_GRADING_FOLDER", ROOT))

c.CourseDirectory.root = str(FOLDER)
c.CourseDirectory.course_id = load_course().id
c.CourseDirectory.db_url = f"sqlite:///{FOLDER / 'gradebook.db'}"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "homeworks"
c.CourseDirectory.submitted_directory = "submissions"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
# Nothing goes through an exchange here; without a folder that is there, every page would warn about it.
c.Exchange.root = str(FOLDER)
# nbgrader copies every file that lies beside a notebook: the reference implementations must not leave with it.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "__pycache__", "*.pyc", "*.py", "*.md"]
