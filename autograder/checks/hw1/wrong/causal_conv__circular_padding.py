"""Wraps around: the first outputs see the end of the sequence.

Caught by: sees_the_past_and_the_present
"""


class CausalConv1d(nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size, dilation=1, strict=False):
        super().__init__()
        self.strict, self.reach = strict, (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, dilation=dilation)

    def forward(self, x):
        T = x.shape[2]
        past = torch.stack(
            [x[:, :, (t - self.reach - self.strict + torch.arange(self.reach + 1)) % T] for t in range(T)], 1
        )
        taps = past[..., :: self.conv.dilation[0]]  # (B, T, C, k)
        return torch.einsum("btck,ock->bot", taps, self.conv.weight) + self.conv.bias[:, None]
