"""Attacks on the autograder, as submissions with the verdict that an honest judge gives: `make attack`.

The letters are those of the threats: A forges a score, B leaks a test, C exhausts the machine, D escapes or stays,
E reaches another student, F is no proper notebook, G is aimed at the human who reads. Most attacks are one code cell
added to the notebook that students receive (`forging`, `probing`, `catalogued`, `hostile`, `leaking`, `exhausting`,
`escaping`, `reading`, `showing`, `scheming`, listed in `suite`); what needs a whole class, a neighbour, a full disk or
a killed judge is in `classes`, `neighbours`, `disk` and `killing`, played on `stages`. `attack` is what one of them is
made of, and `narrow` measures what a guest can still tell.

An attack that could succeed is written so that success shows: it then returns the right answer, and gets points.
"""
