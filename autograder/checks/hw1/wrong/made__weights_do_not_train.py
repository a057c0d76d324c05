"""The masked weights are copied into constants: gradients reach nothing but the biases.

Caught by: training_fits_a_small_table
"""


class MADE(MADE):
    def forward(self, x):
        h = x
        for layer in self.layers[:-1]:
            h = F.linear(h, (layer.weight * layer.mask).detach(), layer.bias).relu()
        last = self.layers[-1]
        return F.linear(h, (last.weight * last.mask).detach(), last.bias).unflatten(1, (self.D, self.K))
