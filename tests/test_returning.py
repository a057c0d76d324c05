"""What goes back to students: the zips that Moodle and Canvas take, and mail through a server on this machine."""

import json
import socketserver
import threading
import zipfile
from email import message_from_bytes, policy

import pytest
import small_course as sc

from autograder import __main__ as cli
from autograder.course import load_course
from autograder.intake.roster import Roster, Student
from autograder.intake.times import CollectedTimes
from autograder.pages import returning

MOODLE = "Ada Lovelace_1041_assignsubmission_file_/hw1.ipynb"
FLAT = "Ада_1042_assignsubmission_file_hw1.ipynb"
CANVAS = "export/smithbob_LATE_12345_67890_hw1-2.ipynb"
ANONYMOUS = "anon_Gx7pQ_8812_hw1.ipynb"


class MailServer(socketserver.ThreadingTCPServer):
    """As much of SMTP as a client needs; `refused` addresses are turned away."""

    allow_reuse_address = True

    def __init__(self, refused=()):
        self.messages, self.refused = [], refused
        super().__init__(("127.0.0.1", 0), self.Handler)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line):
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self):
            self.say("220 here")
            while line := self.rfile.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) != b".\r\n":
                        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                    self.server.messages.append(message_from_bytes(b"".join(lines), policy=policy.default))
                elif word == b"RCPT" and any(one.encode() in line for one in self.server.refused):
                    self.say("550 nobody of that name")
                    continue
                elif word == b"QUIT":
                    return self.say("221 bye")
                self.say("250 ok")


@pytest.fixture
def mail_server():
    with MailServer(refused=["gone@"]) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def place(tmp_path):
    course = sc.course_in(tmp_path)
    known = {
        "ada": {"platform": "moodle", "from": MOODLE},
        "adele": {"platform": "moodle", "from": FLAT},
        "bob": {"platform": "canvas", "from": CANVAS},
        "cleo": {"platform": "", "from": "cleo/hw1.ipynb"},
        "dan": {"platform": "canvas", "from": "../../../etc/passwd"},
    }
    entries = {student: {"collected": "2026-10-12T12:00:00+00:00", **entry} for student, entry in known.items()}
    (tmp_path / "submissions").mkdir()
    (tmp_path / "submissions" / "collected.json").write_text(json.dumps({"hw1": entries}))
    for student in (*known, "eve"):
        (tmp_path / "feedback" / student).mkdir(parents=True)
        (tmp_path / "feedback" / student / "hw1.html").write_text(f"<p>{student}</p>")
    return tmp_path, course, course.homework("hw1")


def test_files_are_called_as_the_platforms_know_them(place):
    folder, _, homework = place
    pages = returning.pages_of(folder / "feedback", homework)
    done = returning.write_zips(folder / "out", homework, pages, CollectedTimes(folder / "submissions"))
    inside = {}
    for path in done.files:
        with zipfile.ZipFile(path) as archive:
            inside[path.name] = {name: archive.read(name).decode() for name in archive.namelist()}
    assert inside == {
        "moodle-hw1.zip": {
            "Ada Lovelace_1041_assignsubmission_file_/hw1-feedback.html": "<p>ada</p>",
            "Ада_1042_assignsubmission_file_/hw1-feedback.html": "<p>adele</p>",
        },
        "canvas-hw1.zip": {"smithbob_LATE_12345_67890_hw1-2.html": "<p>bob</p>"},
    }
    assert [student for student, _ in done.left] == ["cleo", "dan", "eve"]
    before = [path.read_bytes() for path in done.files]
    again = returning.write_zips(folder / "out", homework, pages, CollectedTimes(folder / "submissions"))
    assert [path.read_bytes() for path in again.files] == before


def test_a_zip_of_an_earlier_time_goes(place):
    folder, _, homework = place
    (folder / "out").mkdir()
    (folder / "out" / "canvas-hw1.zip").write_bytes(b"old")
    pages = {"ada": folder / "feedback" / "ada" / "hw1.html"}
    returning.write_zips(folder / "out", homework, pages, CollectedTimes(folder / "submissions"))
    assert not (folder / "out" / "canvas-hw1.zip").exists()


ROSTER = Roster(
    [
        Student("ada", "Ada Lovelace", "ada@example.org", team="red"),
        Student("zoë", "Zoë", "zoe@example.org", team="red"),
        Student("bob", "Bob", "bob@example.org"),
        Student("cleo", "Cleo"),
    ]
)


def test_everybody_gets_their_own_page_once(place, mail_server):
    folder, course, homework = place
    pages = {student: folder / "feedback" / student / "hw1.html" for student in ("ada", "bob", "cleo")}
    server, log = returning.Server("127.0.0.1", mail_server.server_address[1]), folder / "sent.json"
    made, left = returning.messages(course, homework, pages, ROSTER, "ta@example.org", {})
    assert [student for student, _ in made] == ["ada", "zoë", "bob"] and left[0][0] == "cleo"
    assert mail_server.messages == []  # making them sends nothing
    assert returning.send(server, made, {}, log) == ["ada", "zoë", "bob"]
    got = {message["To"]: next(message.iter_attachments()) for message in mail_server.messages}
    assert {to: page.get_content().strip() for to, page in got.items()} == {
        "ada@example.org": "<p>ada</p>",
        "zoe@example.org": "<p>ada</p>",
        "bob@example.org": "<p>bob</p>",
    }
    assert got["bob@example.org"].get_filename() == "hw1-feedback.html"
    (folder / "feedback" / "bob" / "hw1.html").write_text("<p>bob, marked</p>")
    made, left = returning.messages(course, homework, pages, ROSTER, "ta@example.org", returning.read_sent(log))
    assert [student for student, _ in made] == ["bob"]
    assert ("ada", "has it already") in left


def test_a_run_that_stops_is_taken_up_where_it_stopped(place, mail_server):
    folder, course, homework = place
    pages = {student: folder / "feedback" / student / "hw1.html" for student in ("bob", "dan", "eve")}
    roster = Roster(
        [Student("bob", email="bob@x.org"), Student("dan", email="gone@x.org"), Student("eve", email="e@x.org")]
    )
    server, log = returning.Server("127.0.0.1", mail_server.server_address[1]), folder / "sent.json"
    made, _ = returning.messages(course, homework, pages, roster, "ta@example.org", {})
    with pytest.raises(returning.ReturnError, match="1 were sent"):
        returning.send(server, made, {}, log)
    made, _ = returning.messages(course, homework, pages, roster, "ta@example.org", returning.read_sent(log))
    assert [student for student, _ in made] == ["dan", "eve"]


def test_an_address_with_a_line_break_is_no_header(place):
    folder, course, homework = place
    roster = Roster([Student("bob", email="bob@x.org\nBcc: all@x.org")])
    pages = {"bob": folder / "feedback" / "bob" / "hw1.html"}
    with pytest.raises(returning.ReturnError, match="no address"):
        returning.messages(course, homework, pages, roster, "ta@example.org", {})


@pytest.mark.parametrize("address", ["mail.example.org", ":25", "mail:0", "mail:x"])
def test_a_server_is_host_and_port(address):
    with pytest.raises(returning.ReturnError, match="host:port"):
        returning.Server.of(address)


def test_the_command_sends_nothing_unless_it_is_told(place, monkeypatch, capsys, mail_server):
    folder, course, _ = place
    monkeypatch.setattr(cli, "load_course", lambda: load_course(folder / "course.toml"))
    (folder / "roster.csv").write_text("id,name,email\nada,Ada,ada@example.org\n")
    from autograder.marks.gradebook import Book, sqlite_url

    with Book(sqlite_url(folder / "gradebook.db"), course) as book:
        book.register(course.homework("hw1"))
    arguments = ["return", "--hw", "hw1", "--output", str(folder)]
    assert cli.main(arguments) == 1  # some came from elsewhere
    assert "2 pages in" in capsys.readouterr().out
    assert cli.main([*arguments, "--mail"]) == 1
    assert "would be sent: ada, ada@example.org" in capsys.readouterr().out and not mail_server.messages
    assert cli.main([*arguments, "--mail", "--send"]) == 2
    smtp = f"127.0.0.1:{mail_server.server_address[1]}"
    assert cli.main([*arguments, "--mail", "--send", "--smtp", smtp, "--sender", "ta@example.org"]) == 1
    assert [message["To"] for message in mail_server.messages] == ["ada@example.org"]
