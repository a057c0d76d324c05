"""The exam: a bank that can be trusted, tickets of exactly 26 points, evenly spread."""

import csv
from collections import Counter
from fractions import Fraction

import pytest

from autograder.course import load_course
from autograder.marks.exam import ExamError, read_exam
from lectures.build import lectures
from lectures.exam import pages
from lectures.exam.bank import POINTS, BankError, read_bank, read_lecture
from lectures.exam.tickets import SLOTS, TICKET_POINTS, draw

BANK = read_bank()
PROBLEMS = [question for question in BANK if question.grade == "problem"]


def test_a_ticket_is_worth_what_the_course_says():
    assert TICKET_POINTS == load_course().exam_points == 26


@pytest.mark.parametrize("lecture", lectures())
def test_every_lecture_has_twelve_questions_of_three_grades(lecture):
    grades = Counter(question.grade for question in BANK if question.lecture == lecture)
    assert grades.total() >= 12 and set(grades) == set(POINTS)


def test_rubrics_add_up():
    for question in BANK:
        assert sum(points for _, points in question.rubric) == question.points, question.id
        assert len(question.rubric) >= 3 and question.text and question.answer, question.id


@pytest.mark.parametrize("question", PROBLEMS, ids=lambda question: question.id)
def test_a_function_tells_the_right_answer_from_wrong_ones(question):
    names = {}
    exec(question.check, names)
    answer = names["ANSWER"]
    assert names["right"](answer)
    for wrong in (answer * 1.1 + 0.1, -answer, answer / 2):
        assert not names["right"](wrong), wrong


@pytest.mark.parametrize("seed", range(60))
def test_tickets_have_26_points_and_cover_the_course_evenly(seed):
    count = 1 + seed % 40
    tickets = draw(BANK, count, seed)
    assert len(tickets) == count
    asked, graded = Counter(), Counter()
    for ticket in tickets:
        assert [question.grade for question in ticket] == list(SLOTS)
        assert sum(question.points for question in ticket) == TICKET_POINTS
        assert len(set(ticket)) == len(ticket)
        assert len({question.lecture for question in ticket}) == min(len(SLOTS), len(lectures()))
        asked.update(question.lecture for question in ticket)
        graded.update((question.lecture, question.grade) for question in ticket)
    assert max(asked.values()) - min(asked.values()) <= 1, "every lecture is asked equally often"
    for grade in POINTS:
        loads = [graded[lecture, grade] for lecture in lectures()]
        assert max(loads) - min(loads) <= 3, "and so is each grade, nearly"
    for before, after in zip(tickets, tickets[1:], strict=False):
        assert not set(before) & set(after), "neighbours share no question"


def test_questions_take_turns():
    asked = Counter(question.id for ticket in draw(BANK, 60, 3) for question in ticket)
    for question in BANK:
        alike = [asked[q.id] for q in BANK if (q.lecture, q.grade) == (question.lecture, question.grade)]
        assert max(alike) - min(alike) <= 2, question.id


def test_the_same_seed_gives_the_same_tickets():
    assert draw(BANK, 12, 7) == draw(BANK, 12, 7) != draw(BANK, 12, 8)


def test_a_bank_that_cannot_fill_a_ticket_says_what_it_lacks():
    short = [question for question in BANK if (question.lecture, question.grade) != ("l02", "proof")]
    with pytest.raises(BankError, match=r"lecture l02 has 0 questions of the grade proof, and needs \d"):
        draw(short, 5, 1)
    with pytest.raises(BankError, match="at least one ticket"):
        draw(BANK, 0, 1)


GOOD = """## name · definition · Title
Text.
### Answer
Answer.
### Rubric
| what | points |
|---|---|
| a | 1 |
| b | 2 |
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("name · definition · Title", "name definition", "is not of the form"),
        ("definition", "easy", "the grade is 'easy'"),
        ("| b | 2 |", "| b | 3 |", "adds up to 4 points, not to 3"),
        ("| b | 2 |", "| b | many |", "every line of the rubric"),
        ("| a | 1 |\n| b | 2 |", "| a | 4 |\n| b | -1 |", "a positive number of points"),
        ("### Answer", "### Anser", "has the sections Anser, Rubric"),
        ("definition", "problem", "has the sections Answer, Rubric, not Answer, Rubric, Check"),
    ],
)
def test_a_wrong_bank_is_refused_with_a_sentence(tmp_path, old, new, sentence):
    file = tmp_path / "l01.md"
    file.write_text(GOOD)
    assert read_lecture(file)[0].rubric == (("a", Fraction(1)), ("b", Fraction(2)))
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(BankError, match=sentence):
        read_lecture(file)
    file.write_text(GOOD + GOOD)
    with pytest.raises(BankError, match="name is there twice"):
        read_lecture(file)


def test_an_empty_bank_is_refused(tmp_path):
    with pytest.raises(BankError, match="holds no questions"):
        read_bank(tmp_path)


def test_tickets_hold_no_answers_and_the_key_holds_all():
    tickets = draw(BANK, 6, 7)
    public, key = pages.tickets_page(tickets, 7), pages.key_page(tickets, 7)
    for question in {question for ticket in tickets for question in ticket}:
        assert question.text in public and question.answer not in public
        assert question.answer in key and all(what in key for what, _ in question.rubric)
    assert public.count("*26 points*") == 6


def test_exam_csv_is_what_make_final_reads(tmp_path):
    path = tmp_path / "exam.csv"
    assert pages.write_csv(path, 3)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["ticket", "student", "points"], ["1", "", ""], ["2", "", ""], ["3", "", ""]]
    rows[1][1:], rows[3][1:] = ["ada", "20.5"], ["bo", "26"]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    course = load_course()
    assert read_exam(path, course, ["ada", "bo"]) == {"ada": Fraction(41, 2), "bo": Fraction(26)}
    rows[2][1:] = ["cy", "many"]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(ExamError, match="line 3"):
        read_exam(path, course, ["ada", "bo", "cy"])


def test_a_filled_table_is_not_written_over(tmp_path):
    path = tmp_path / "exam.csv"
    path.write_text("ticket,student,points\n1,ada,20\n")
    assert not pages.write_csv(path, 3)
    assert "ada" in path.read_text()


@pytest.mark.system("lectures")
@pytest.mark.system("chromium")
def test_an_exam_is_written_as_html_and_pdf(tmp_path):
    tickets = draw(BANK, 2, 7)
    written = pages.write(tickets, 7, tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in written}
    assert names == {"tickets/index.html", "key/index.html", "exam.csv", "tickets.pdf", "key.pdf"}
    assert all(path.read_bytes().startswith(b"%PDF") for path in written if path.suffix == ".pdf")
    public = (tmp_path / "tickets" / "index.html").read_text()
    assert "Ticket 2" in public and "katex-html" in public and "what earns points" not in public
    assert "what earns points" in (tmp_path / "key" / "index.html").read_text()
    assert "examin" not in (tmp_path / "tickets" / "searchindex.js").read_text()
