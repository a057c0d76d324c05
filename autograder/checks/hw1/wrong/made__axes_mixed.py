"""The outputs (B, D K) are read as (B, K, D) and transposed: logits of different variables share a softmax.

Caught by: outputs_depend_on_earlier_variables_only
"""


class MADE(MADE):
    def forward(self, x):
        return super().forward(x).reshape(len(x), self.K, self.D).transpose(1, 2)
