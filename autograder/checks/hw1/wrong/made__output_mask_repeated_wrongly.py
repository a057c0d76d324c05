"""The rows of the last mask are repeated as a block, but the outputs are read variable by variable.

Caught by: outputs_depend_on_earlier_variables_only
"""


class MADE(MADE):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__(D, hidden, K, order, generator)
        self.layers[-1].mask = self.layers[-1].mask[::K].repeat(K, 1)
