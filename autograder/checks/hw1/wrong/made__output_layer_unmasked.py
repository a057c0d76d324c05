"""The last layer has no mask.

Caught by: outputs_depend_on_earlier_variables_only
"""


class MADE(MADE):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__(D, hidden, K, order, generator)
        self.layers[-1].mask.fill_(1)
