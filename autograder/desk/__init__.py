"""The teaching desk: what the command line does for a whole class.

whole_class  grade everything that changed; keep records, gradebook, pages and grades in step
demo         a class that never was, for a first look and for tests
report       what is printed
"""
