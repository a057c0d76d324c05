"""How fast grading is, beside what a TA would use instead. `make bench` runs it and writes BENCHMARKS.md.

light      a homework without any training cell, in the forms that three graders want
places     where the benchmark writes, and how many submissions it grades
peers      nbgrader and otter-grader, in an environment of their own
measure    CPU seconds, wall seconds and memory of a command and all that it starts
overhead   what grading costs beyond the checks and the student's code
class_size a whole course: the first run, one in which nothing changed, and the closing
grading    the comparison of the graders;  scale  submissions, workers, a cluster
machine    on what was measured
page       BENCHMARKS.md from the files that the others leave in build/bench/
"""
