"""Public checks of `elbo`."""

import torch
from dgm.checking import public_check
from torch.distributions import Normal


def noise(*shape):
    return torch.randn(shape, dtype=torch.float64)


@public_check("one number per data point; a decoder that ignores z and q = prior give log p(x)")
def ignores_z(student):
    x, eps = noise(4, 3), noise(5, 4, 2)
    zero, one = torch.zeros(4, 2, dtype=torch.float64), torch.ones(4, 2, dtype=torch.float64)

    def decoder(z):
        return torch.zeros(*z.shape[:-1], 3, dtype=z.dtype), torch.tensor(1.3, dtype=z.dtype)

    value = torch.as_tensor(student.elbo(x, zero, one, decoder, eps))
    assert tuple(value.shape) == (4,), f"the result should have shape (B,) = (4,), but it has {tuple(value.shape)}"
    expected = Normal(0.0, 1.3).log_prob(x).sum(-1)
    assert torch.allclose(value.double(), expected, atol=1e-4), "p(z) and q(z | x) should cancel here, and do not"


@public_check("at the exact posterior every draw gives the same")
def zero_variance(student):
    x, eps = noise(1, 1).repeat(6, 1), noise(1, 6, 1)
    half = torch.tensor(0.5, dtype=torch.float64)

    def decoder(z):
        return z, torch.ones((), dtype=z.dtype)

    # For p(x | z) = N(z, 1) the posterior is N(x / 2, 1 / 2).
    value = torch.as_tensor(student.elbo(x, x / 2, half.sqrt().expand(6, 1), decoder, eps))
    assert value.std() < 1e-4, (
        "the ELBO varies with eps at the exact posterior: are all three terms at the same z, and is q_std taken for a "
        "standard deviation everywhere?"
    )


@public_check("the ELBO stays below log p(x) on average")
def below(student):
    x, eps = noise(1, 1), noise(4000, 1, 1)

    def decoder(z):
        return z, torch.ones((), dtype=z.dtype)

    mean, std = torch.full((1, 1), 0.3, dtype=torch.float64), torch.full((1, 1), 0.4, dtype=torch.float64)
    value = torch.as_tensor(student.elbo(x, mean, std, decoder, eps)).item()
    log_px = float(Normal(0.0, 2**0.5).log_prob(x))
    assert value < log_px, "the ELBO lies above log p(x): check the signs of the three terms"


@public_check("the gap is zero at the posterior and positive elsewhere")
def gap(student):
    x, one = noise(3, 2), torch.ones(3, 2, dtype=torch.float64)
    at_posterior = torch.as_tensor(student.elbo_gap(x, x / 2, one / 2, one))
    assert tuple(at_posterior.shape) == (3, 2), "the gap should have the shape of x"
    assert at_posterior.abs().max() < 1e-5, "for s = 1 the posterior is N(x / 2, 1 / 2): there the gap should be 0"
    for m, v in ((x / 2 + 0.3, one / 2), (x / 2, one), (x / 2, one / 4)):
        assert (torch.as_tensor(student.elbo_gap(x, m, v, one)) > 1e-3).all(), (
            "away from the posterior the gap is positive"
        )


@public_check("the average is over q, so that a q twice as wide costs more than one half as wide")
def gap_direction(student):
    x, one = noise(3, 2), torch.ones(3, 2, dtype=torch.float64)
    wide, narrow = (torch.as_tensor(student.elbo_gap(x, x / 2, v * one, one)) for v in (1.0, 0.25))
    assert (wide > narrow).all(), "the gap is KL(q || p(z | x)): which of the two do you average under?"
