"""make_masks is right, and MADE calls it with the natural order.

Caught by: outputs_depend_on_earlier_variables_only
"""


class MADE(MADE):
    def __init__(self, D, hidden, K, order, generator):
        super().__init__(D, hidden, K, torch.arange(D), generator)
