"""The exam: a bank of questions per lecture, tickets drawn from it, an examiner's key.

bank     questions with model answer, rubric and, for problems, a function that tells right from wrong
tickets  which questions stand on which ticket: pure, from a seed
pages    tickets, key and exam.csv as files
"""
