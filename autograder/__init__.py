"""What grades: reads submissions as data, runs them in a sandbox, judges raw outputs, keeps the gradebook."""

import sys

# jsonschema, which nbformat and nbgrader bring along, would build a grammar of international web addresses whenever it
# is imported: more than one CPU second at every start, for a check of addresses that nothing here asks for.
sys.modules.setdefault("rfc3987_syntax", None)
