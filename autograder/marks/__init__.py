"""What a submission is worth.

gradebook  nbgrader's database: automatic scores from here, marks by hand from the formgrader
late       what a deadline costs
exam       the exam's points, from `exam.csv`
final      course grades from homeworks and exam
exports    grades for Moodle, Canvas, Gradescope, and as plain CSV
filling    points and comments into a platform's own table
"""
