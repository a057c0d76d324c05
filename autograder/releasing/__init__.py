"""From `solutions/<homework>/` to the notebooks of students and staff.

reference  the reference implementations as text: which part of a module is an exercise's solution
authoring  the authored Markdown -> the cells of the solved notebook
stubs      solved -> released, by nbgrader, and what is left where the solution stood
leaks      the proof that no solution, answer or check is in what students receive
release    `make release`: all of it, reproducibly
"""
