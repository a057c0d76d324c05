"""A hook masks the weights before each forward pass."""


class MaskedConv2d(nn.Conv2d):
    def __init__(self, kind, in_channels, out_channels, kernel_size):
        if kind not in ("A", "B"):
            raise ValueError(f"no such kind: {kind}")
        super().__init__(in_channels, out_channels, kernel_size, padding="same")
        centre = kernel_size // 2
        rows, columns = torch.meshgrid(torch.arange(kernel_size), torch.arange(kernel_size), indexing="ij")
        mask = (
            (rows < centre)
            | ((rows == centre) & (columns < centre))
            | ((rows == columns) & (rows == centre) & (kind == "B"))
        )
        self.register_forward_pre_hook(lambda layer, inputs: self._mask(mask))

    def _mask(self, mask):
        with torch.no_grad():
            self.weight.masked_fill_(~mask, 0.0)
