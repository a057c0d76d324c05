"""The lectures: a site that proves what it says and computes what it shows, and the exam.

notes        what is read: a page per lecture (MyST), notation, bibliography, Sphinx's configuration
figures      what the pages' cells draw with
site         Sphinx extensions: formulas, figures, proofs, links to the homeworks (drawings, drafts: what they compute)
anatomy      what a page must have, counted from its source
secrets      what no page may print: graded answers and reference code
environment  the packages and programs that only building needs
build        HTML, from the pages;  check  what the build cannot see;  printing  a PDF per page
exam         the bank of questions, tickets, the examiner's key

`python -m lectures` is what `make lectures` and `make exam` call.
"""
