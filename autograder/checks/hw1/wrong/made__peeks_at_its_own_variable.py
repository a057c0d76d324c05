"""A skip connection from the input to the output lets every variable see itself.

Caught by: probabilities_sum_to_one
"""


class MADE(MADE):
    def forward(self, x):
        logits = super().forward(x)
        return logits + x[..., None] * torch.arange(self.K, dtype=x.dtype)
