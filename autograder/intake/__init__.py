"""What was handed in.

roster       who is in the course, and by which names: `roster.csv`
collect      `make collect`: an export or a folder of notebooks -> submissions/<student>/<homework>/
archives     the files of such a source, within limits, nothing unpacked
names        whose a file is, and which homework, by its path
times        when each was collected
submissions  finding what lies in submissions/ when it is graded
"""
