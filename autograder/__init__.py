"""What grades: reads submissions as data, runs them in a sandbox, judges raw outputs, keeps the gradebook.

The rooms, along the way of a submission. Each one's docstring is its map. Who stands lower in this list may import what
stands higher, and never the other way round (tests/test_house.py):

    errors      trouble that a person can mend, and exit codes
    course      points, homeworks, deadlines: `course.toml`, read and vetted
    provenance  what decides a result besides the submission
    records     what grading found about one submission
    tables      CSV files as people's spreadsheets write them
    checking    what a hidden check is made of
    notebooks   from the bytes of a notebook to the definitions that an exercise needs
    sandbox     the guest: student code runs there, and only raw outputs come out
    judging     hidden checks against a guest, one submission or a batch, here or on a cluster
    checks      the hidden checks themselves, a folder per homework, with the answers that prove them
    intake      what was handed in: by whom, collecting it, finding it, and when it came
    marks       the gradebook, lateness, course grades, exports
    pages       what people look at: feedback, formgrader, overview, similarity
    releasing   from the authored homework to the notebooks that students and staff get
    validation  the proof that the checks tell right from wrong
    desk        a whole class, the demo class, and what is printed about them
    __main__    the command line
    bench       how fast grading is, beside what a TA would use instead
    attacks     attacks on all of this
"""

import sys

# jsonschema, which nbformat and nbgrader bring along, would build a grammar of international web addresses whenever it
# is imported: more than one CPU second at every start, for a check of addresses that nothing here asks for.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # documented, but typeshed leaves None out
