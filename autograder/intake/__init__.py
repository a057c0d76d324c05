"""What was handed in.

roster       who is in the course, and by which names: `roster.csv`
extensions   who has more time: `extensions.csv`
collect      `make collect`: an export or a folder of notebooks -> submissions/<student>/<homework>/
archives     the files of such a source, within limits, nothing unpacked
names        what the path of a file says: whose it may be, and which homework
whose        who that is, by the roster or by what was collected before
times        when each came
log          a platform's own list of when
submissions  finding what lies in submissions/ when it is graded
"""
