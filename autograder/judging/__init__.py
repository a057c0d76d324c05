"""The judge's side of a submission.

grading  one submission, from bytes to a record: a pure function but for time
batch    many of them in worker processes, each with a warm sandbox; what dies is tried once more
cluster  the same on a Dask cluster
"""
