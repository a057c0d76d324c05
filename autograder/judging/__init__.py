"""The judge's side of a submission.

instruments  what hidden checks of several exercises share: random numbers, comparisons, oracles
apart        what reads a submission: a process that may cost only so much, and may even crash
exercise     one exercise, each check in a process of its own: the one loop that judges
pieces       the course's piece in place of a wrong one, where another exercise builds on it
grading      one submission, from bytes to a record: a pure function but for time
batch        many of them in worker processes, each with a warm sandbox; what dies is tried once more
cluster      the same on a Dask cluster
"""
