"""What people look at.

feedback           a student's page
formgrader         what markers see of a submission; formgrader_server serves it with nbgrader's formgrader
overview           the class, for staff
similarity         pairs of submissions that are alike
rendering          one way to fill a template
terminal           how text is shown in a terminal
sanitise           what of a stranger's text may be shown
"""
