"""The variational autoencoder, with a Gaussian or a Bernoulli likelihood.

Model   p(z) = N(0, I); p(x | z) = N(mean(z), diag(exp(log_std))^2), or independent Bernoulli pixels with logits(z);
        q(z | x) = N(mean(x), diag(exp(log_std(x)))^2).
Source  Kingma & Welling (2014), arXiv:1312.6114: Eq. (7) for the estimator (KL in closed form, one draw of z per data
        point), Eq. (9)-(10) for the model.
Shapes  B batch, d_x data dimension, d_z latent dimension.
Units   nats per data point.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.hw2.gaussian_losses import gaussian_kl, gaussian_nll


class VAE(nn.Module):
    """A variational autoencoder on vectors x (B, d_x) with latent vectors z (B, d_z).

    Encoder and decoder are networks with one hidden layer of `hidden` units and any nonlinearity but sigmoids, which
    learn too little in the few seconds of training that they get, as deeper networks may. `likelihood` is "gaussian",
    for real x, or "bernoulli", for x of 0s and 1s. With "gaussian" the logarithms of the decoder's standard deviations
    are learnt too: one number for all coordinates of x, one for each, or outputs of the decoder, as you like. Raises
    ValueError for another likelihood.
    """

    def __init__(self, d_x: int, d_z: int, hidden: int, likelihood: str = "gaussian") -> None:
        super().__init__()
        if likelihood not in ("gaussian", "bernoulli"):
            raise ValueError(f'likelihood must be "gaussian" or "bernoulli", got {likelihood!r}')
        self.likelihood = likelihood
        ### BEGIN SOLUTION
        self.encoder = nn.Sequential(nn.Linear(d_x, hidden), nn.ReLU(), nn.Linear(hidden, 2 * d_z))
        self.decoder = nn.Sequential(nn.Linear(d_z, hidden), nn.ReLU(), nn.Linear(hidden, d_x))
        if likelihood == "gaussian":
            self.log_std = nn.Parameter(torch.zeros(d_x))
        ### END SOLUTION

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Parameters of q(z | x) for x (B, d_x): its means (B, d_z) and the logarithms of its standard deviations."""
        return self.encoder(x).chunk(2, dim=-1)

    def decode(self, z: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Parameters of p(x | z) for z (..., d_z), with any number of dimensions in front.

        With a Bernoulli likelihood the logits (..., d_x) of x_i = 1. With a Gaussian likelihood (mean, log_std): mean
        (..., d_x), and log_std of shape (d_x,) or any other that broadcasts to the mean's.
        """
        output = self.decoder(z)
        return output if self.likelihood == "bernoulli" else (output, self.log_std)

    def loss(self, x: Tensor, eps: Tensor) -> dict[str, Tensor]:
        """The negative ELBO of x (B, d_x) and its two terms: dict(total=(), rec=(), kl=()), in nats per data point.

        eps (B, d_z) is standard normal noise: the only randomness. It makes one z per data point from q(z | x).
        `rec` is -log p(x | z) at that z, `kl` is KL(q(z | x) || p(z)) in closed form, each summed over dimensions
        and averaged over the batch; total = rec + kl. No constant is left out, and all three stay finite when a
        probability is 0 or 1 to machine precision. All three can be differentiated with respect to all parameters
        that they depend on: the encoder learns from `rec` as well, through z.
        """
        mean, log_std = self.encode(x)
        z = mean + log_std.exp() * eps
        if self.likelihood == "bernoulli":
            nll = F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none")  # (B, d_x)
        else:
            nll = gaussian_nll(x, *self.decode(z))
        rec, kl = nll.sum(-1).mean(), gaussian_kl(mean, log_std).sum(-1).mean()
        return {"total": rec + kl, "rec": rec, "kl": kl}

    @torch.no_grad()
    def sample(self, eps_z: Tensor, eps_x: Tensor) -> Tensor:
        """Draw n points (n, d_x) from the model: z from the prior, then x from p(x | z).

        eps_z (n, d_z) is standard normal noise for z. With a Gaussian likelihood eps_x (n, d_x) is standard normal
        noise for x; with a Bernoulli likelihood it holds uniform numbers, and x_i = 1 exactly when eps_x is smaller
        than the probability of x_i = 1, else 0, in any dtype.
        """
        if self.likelihood == "bernoulli":
            return (eps_x < torch.sigmoid(self.decode(eps_z))).to(eps_x)
        mean, log_std = self.decode(eps_z)
        return mean + log_std.exp() * eps_x
