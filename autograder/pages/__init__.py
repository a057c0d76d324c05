"""What people look at.

feedback           a student's page
formgrader         what markers see of a submission; formgrader_server serves it with nbgrader's formgrader
marking            marking by problem: what stands on its pages; marking_server answers the browser
marked             what a marker had before them when they marked
returning          feedback pages on their way back: to platforms, or by mail
overview           the class, for staff
similarity         pairs of submissions that are alike
rendering          one way to fill a template
terminal           how text is shown in a terminal
sanitise           what of a stranger's text may be shown
prose              Markdown as HTML, and formulas within it as MathML
"""
