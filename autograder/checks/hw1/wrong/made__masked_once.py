"""The weights are masked in the constructor only; the first step of training fills the holes.

Caught by: outputs_depend_on_earlier_variables_only
"""


class MADE(MADE):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__(D, hidden, K, order, generator)
        for layer in self.layers:
            layer.weight.data *= layer.mask
            layer.mask.fill_(1)
