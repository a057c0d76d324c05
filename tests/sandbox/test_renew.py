"""A check may go on in a new process, which remembers nothing: one answer cannot be made to fit another."""

COUNTS = "asked = []\n\n\ndef f():\n    asked.append(sum(range(3_000_000)))\n    return len(asked)\n"
PROBE = "def probe(student, *args):\n    return student.f(*args)"


def test_a_new_process_remembers_nothing_and_the_time_of_both_counts(ask_either):
    with ask_either.session(COUNTS) as session:
        assert [session.call(PROBE, "probe", (), {}) for _ in range(2)] == [1, 2]
        session.renew()
        first = session._earlier[0]["cpu"]
        assert session.call(PROBE, "probe", (), {}) == 1
    assert session.usage["cpu"] >= first > 0
