"""What the formgrader's server answers to who marks: its own pages, and where marks and comments are written.

nbgrader's lists and managing pages are not reached any more: they offer to run and to replace things that `make` does
here. Its page of a whole notebook stays, and writes through the same two routes as the pages of `marking`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from nbgrader.server_extensions.formgrader import apihandlers
from nbgrader.server_extensions.formgrader.base import BaseHandler
from tornado import web

from autograder.course import COURSE_FILE, Course, Homework, load_course
from autograder.pages import marking
from autograder.pages.marked import keep_marked
from autograder.pages.prose import prose
from autograder.pages.rendering import TEMPLATES, template

COURSE_VARIABLE = "DGM_COURSE_FILE"  # another course than the repository's own
LONGEST_COMMENT = 20_000  # characters

HOME = r"/formgrader/gradebook/?"
CLASS = r"/formgrader/gradebook/([^/]+)(?:/[^/]+)?/?"
PROBLEM = r"/formgrader/marking/([^/]+)/([^/]+)/?"
# nbgrader's managing pages, and what they write to.
GONE = r"/formgrader(?:/manage_.*)?/?"
GRADE, COMMENT = r"/formgrader/api/grade/([^/]+)", r"/formgrader/api/comment/([^/]+)"


class _Page(BaseHandler):
    """A page of ours, with the nonce under which its own script runs."""

    @property
    def course(self) -> Course:
        return self.settings["dgm_course"]

    @property
    def folder(self) -> Path:
        return Path(self.coursedir.root)

    def homework(self, name: str) -> Homework:
        """The homework of an address. Raises a 404."""
        found = next((homework for homework in self.course.given if homework.id == name), None)
        if found is None:
            raise web.HTTPError(404, f"there is no homework {name} here")
        return found

    def show(self, name: str, **context: Any) -> None:
        script = (TEMPLATES / "marking.js").read_text(encoding="utf-8")
        _ = self.xsrf_token  # reading it sets the cookie that writing asks for
        page = template(f"marking_{name}.html.j2").render(
            base=self.base_url, nonce=self.settings["dgm_nonce"], script=script, course=self.course.title, **context
        )
        self.finish(page)


class _Home(_Page):
    @web.authenticated
    def get(self) -> None:
        self.show("homeworks", homeworks=marking.homeworks_page(self.course, self.gradebook)["homeworks"])


class _Class(_Page):
    @web.authenticated
    def get(self, homework: str) -> None:
        places = (self.folder / "autograded", self.folder / "records")
        self.show("class", **marking.class_page(self.homework(homework), self.gradebook, *places))


class _Problem(_Page):
    @web.authenticated
    def get(self, homework: str, cell: str) -> None:
        own = self.homework(homework)
        if cell not in marking.cells_to_mark(own):
            raise web.HTTPError(404, f"{homework} has no {cell}")
        asked = {name: self.get_argument(name, "") == "1" for name in ("anonymous", "changed")}
        places = (self.folder / "autograded", self.folder / "marked")
        shown = marking.problem_page(own, cell, self.gradebook, *places, asked["anonymous"], asked["changed"])
        self.show("problem", **shown)


class _Gone(JupyterHandler):
    """What nbgrader would show here runs or replaces things; its first page would even run a configuration file."""

    @web.authenticated
    def get(self, *_: str) -> None:
        self.redirect(url_path_join(self.base_url, "formgrader/gradebook"))


class _Grade(apihandlers.GradeHandler):
    """A mark, typed in any locale; what the marker had before them is kept beside it."""

    @web.authenticated
    def put(self, grade_id: str) -> None:
        from nbgrader.api import MissingEntry

        body = self.get_json_body()
        try:
            grade = self.gradebook.find_grade_by_id(grade_id)
            manual = marking.typed_points(body.get("manual_score"))
            extra = marking.typed_points(body.get("extra_credit", grade.extra_credit))
        except MissingEntry:
            raise web.HTTPError(404) from None
        except (marking.TypedError, AttributeError) as error:
            return self._refuse(str(error))
        if manual is not None and manual > grade.max_score:
            return self._refuse(f"{manual:g} is more than the {grade.max_score:g} points there are")
        lines = body.get("lines")
        if lines is not None and not (isinstance(lines, list) and all(isinstance(line, int) for line in lines)):
            return self._refuse("the lines of a rubric are a list of numbers")
        grade.manual_score, grade.extra_credit = manual, extra
        grade.needs_manual_grade = manual is None and grade.auto_score is None
        homework, student = grade.notebook.assignment.assignment.name, grade.notebook.student.id
        cell, automatic = grade.cell.name, grade.auto_score
        shown = grade.to_dict()
        self.gradebook.db.commit()
        folder = Path(self.coursedir.root)
        work = marking.work_of(folder / "autograded", homework, student, cell)
        keep_marked(folder / "marked", homework, student, cell, work.source, automatic, lines)
        self.write(json.dumps(shown))

    def _refuse(self, sentence: str) -> None:
        self.set_status(400)
        self.finish(json.dumps({"message": sentence}))


class _Comment(apihandlers.CommentHandler):
    """A comment, which comes back as the student will see it."""

    @web.authenticated
    def put(self, comment_id: str) -> None:
        from nbgrader.api import MissingEntry

        text = (self.get_json_body() or {}).get("manual_comment")
        if text is not None and (not isinstance(text, str) or len(text) > LONGEST_COMMENT):
            self.set_status(400)
            self.finish(json.dumps({"message": f"a comment is a text of at most {LONGEST_COMMENT} characters"}))
            return
        try:
            comment = self.gradebook.find_comment_by_id(comment_id)
        except MissingEntry:
            raise web.HTTPError(404) from None
        comment.manual_comment = text
        shown = comment.to_dict()
        self.gradebook.db.commit()
        self.write(json.dumps({**shown, "html": prose(text or "")}))


def add_handlers(webapp: Any, nonce: str) -> None:
    """Put the pages into the server, before nbgrader's own."""
    webapp.settings["dgm_nonce"] = nonce
    webapp.settings["dgm_course"] = load_course(Path(os.environ.get(COURSE_VARIABLE, COURSE_FILE)))
    base = webapp.settings["base_url"]
    ours = [(HOME, _Home), (CLASS, _Class), (PROBLEM, _Problem), (GONE, _Gone), (GRADE, _Grade), (COMMENT, _Comment)]
    webapp.add_handlers(".*$", [(url_path_join(base, route), handler) for route, handler in ours])
