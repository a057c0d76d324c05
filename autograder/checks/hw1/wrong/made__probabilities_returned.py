"""forward returns probabilities where logits are asked for.

Caught by: training_fits_a_small_table
"""


class MADE(MADE):
    def forward(self, x):
        return super().forward(x).softmax(-1)
