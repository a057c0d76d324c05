"""Public checks of `gaussian_losses`."""

import torch
from dgm.checking import public_check


@public_check("the KL of a Gaussian to itself is zero, to any other positive")
def zero_and_positive(student):
    mean, log_std = torch.randn(4, 3), torch.randn(4, 3)
    same = torch.as_tensor(student.gaussian_kl(mean, log_std, mean, log_std))
    assert tuple(same.shape) == (4, 3), f"the KL is elementwise: shape (4, 3), but it has {tuple(same.shape)}"
    assert same.abs().max() < 1e-5, "KL(q || q) should be zero"
    assert (torch.as_tensor(student.gaussian_kl(mean, log_std, mean + 1, log_std)) > 0).all(), "a KL is not negative"
    assert (torch.as_tensor(student.gaussian_kl(mean, log_std, mean, log_std + 1)) > 0).all(), "a KL is not negative"


@public_check("a narrow Gaussian is close to a wide one, a wide one far from a narrow one")
def direction(student):
    mean, narrow, wide = torch.zeros(1), torch.zeros(1), torch.full((1,), 1.5)
    inside, outside = student.gaussian_kl(mean, narrow, mean, wide), student.gaussian_kl(mean, wide, mean, narrow)
    assert float(inside) < float(outside), (
        "the average is under the first Gaussian: which one must cover the other? And are log_std and log_std2 "
        "logarithms of standard deviations, not of variances?"
    )


@public_check("left out, the second Gaussian is standard normal; numbers will do as well")
def defaults(student):
    mean, log_std = torch.randn(4, 3), torch.randn(4, 3)
    value = torch.as_tensor(student.gaussian_kl(mean, log_std))
    other = torch.as_tensor(student.gaussian_kl(mean, log_std, torch.zeros(3), torch.zeros(4, 1)))
    assert torch.allclose(value, other, atol=1e-4), "the default is mean2 = 0 and log_std2 = 0"
    assert student.gaussian_kl(mean, log_std, 0.5, -0.2) is not None, "mean2 and log_std2 may be numbers"


@public_check("two Gaussians of the same width are half their squared distance apart")
def same_width(student):
    # In units of the standard deviation, which is 2 here; log_std is its natural logarithm.
    log_std = torch.tensor(2.0).log()
    value = float(student.gaussian_kl(torch.tensor(3.0), log_std, torch.tensor(-1.0), log_std))
    assert abs(value - 2.0) < 1e-4, "N(3, 2^2) and N(-1, 2^2) are two standard deviations apart: the KL should be 2"


@public_check("the negative log-likelihood is that of torch")
def nll(student):
    x, mean, log_std = torch.randn(4, 3), torch.randn(4, 3), 0.3 * torch.randn(3)
    value = torch.as_tensor(student.gaussian_nll(x, mean, log_std))
    assert tuple(value.shape) == (4, 3), f"the NLL is elementwise: shape (4, 3), but it has {tuple(value.shape)}"
    expected = torch.distributions.Normal(mean, log_std.exp()).log_prob(x)
    assert torch.allclose(-value, expected, atol=1e-4), "torch.distributions.Normal has another log_prob"


@public_check("both can be trained through")
def trained_through(student):
    for name in ("gaussian_kl", "gaussian_nll"):
        parts = [torch.randn(4, requires_grad=True) for _ in range(3)]
        torch.as_tensor(getattr(student, name)(*parts)).sum().backward()
        assert all(part.grad is not None for part in parts), f"no gradient reaches an argument of {name}"
