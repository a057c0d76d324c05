"""The hidden layers use the mask in place of the masked weight: every unit adds up what it may read.

Caught by: outputs_depend_on_earlier_variables_only
"""


class MADE(MADE):
    def forward(self, x):
        h = x
        for layer in self.layers[:-1]:
            h = F.linear(h, layer.mask.to(x.dtype), layer.bias).relu()
        last = self.layers[-1]
        return F.linear(h, last.weight * last.mask, last.bias).unflatten(1, (self.D, self.K))
