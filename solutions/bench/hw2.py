"""Homework 2: the operations that a peer library, or one of its layers, does as well."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from solutions.bench.harness import Call, Operation, Work, collector
from solutions.bench.sides import gradients, pyro_library, without_graph
from solutions.hw2.amortisation import amortisation_gap
from solutions.hw2.change_of_variables import log_abs_det_jacobian
from solutions.hw2.collapse import active_units, collapse_report
from solutions.hw2.gaussian_losses import gaussian_kl, gaussian_nll
from solutions.hw2.gaussian_mixture import e_step, em
from solutions.hw2.gradient_estimators import grad_reparam, grad_score
from solutions.hw2.importance_weighting import iwae_bound, snis_weights
from solutions.hw2.theory import mixture_elbo
from solutions.hw2.vae import VAE
from solutions.hw2.vae_gap import vae_gap_report

OPERATIONS: list[Operation] = []
WITHOUT_PEER = {
    "hw2/decoder_weakening": "one line of torch each (clamp, a ramp, where): nothing to compare",
    "hw2/t2_formula": "two numbers from a closed form",
    "hw2/t3_formula": "a number from a sum of K terms",
    "hw2/t4_formula": "a number from a closed form",
}
operation = collector(OPERATIONS)


def _normal(mean: Tensor | float, std: Tensor | float) -> torch.distributions.Normal:
    """torch's normal distribution without its checks of arguments: ours has none."""
    return torch.distributions.Normal(mean, std, validate_args=False)


# ---------------------------------------------------------------- mixtures


def _clusters(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """10,000 points of five clusters in the plane, and a first guess: X, pi, mean, cov."""
    centres, widths = torch.rand(5, 1, 2, dtype=dtype) * 12 - 6, torch.rand(5, 1, 1, dtype=dtype) + 0.4
    X = (centres + widths * torch.randn(5, 2000, 2, dtype=dtype)).flatten(0, 1)
    return X, torch.full((5,), 0.2, dtype=dtype), X[::2000].clone(), torch.eye(2, dtype=dtype).repeat(5, 1, 1)


@operation("hw2/gaussian_mixture", "em, 50 steps", "10,000 x 2, K = 5, full covariances, given start",
           timed_in=torch.float64, tolerance=1e-9)  # fmt: skip
def _(dtype: torch.dtype) -> Work:
    X, pi, mean, cov = _clusters(dtype)

    def ours() -> tuple[Tensor, ...]:
        *parameters, log_likelihoods = em(X, pi, mean, cov, 50)
        return *parameters, log_likelihoods[-2]

    def sklearn() -> Call:
        from sklearn.mixture import GaussianMixture

        x, weights, means, precisions = X.numpy(), pi.numpy(), mean.numpy(), cov.inverse().numpy()

        def fit() -> tuple[object, ...]:
            mixture = GaussianMixture(
                5, weights_init=weights, means_init=means, precisions_init=precisions, max_iter=50, tol=0, reg_covar=0
            ).fit(x)
            # Its bound is the log-likelihood before the last M-step.
            return mixture.weights_, mixture.means_, mixture.covariances_, mixture.lower_bound_

        return fit

    return Work(ours, {"scikit-learn": sklearn})


@operation("hw2/gaussian_mixture", "e_step", "10,000 x 2, K = 5, full covariances", timed_in=torch.float64)
def _(dtype: torch.dtype) -> Work:
    X, pi, mean, cov = _clusters(dtype)

    def sklearn() -> Call:
        from sklearn.mixture import GaussianMixture

        x = X.numpy()
        mixture = GaussianMixture(5, max_iter=1)
        mixture.weights_, mixture.means_, mixture.covariances_ = pi.numpy(), mean.numpy(), cov.numpy()
        mixture.precisions_cholesky_ = torch.linalg.cholesky(cov.inverse()).numpy()
        return lambda: mixture.predict_proba(x)

    return Work(lambda: e_step(X, pi, mean, cov), {"scikit-learn": sklearn})


@operation("hw2/t1_formula", "mixture_elbo", "10,000 points, K = 5")
def _(dtype: torch.dtype) -> Work:
    R, log_joint = torch.randn(10_000, 5, dtype=dtype).softmax(1), torch.randn(10_000, 5, dtype=dtype)
    R[:100] = torch.eye(5, dtype=dtype)[0]

    def entropy() -> Call:
        return lambda: (R * log_joint).sum() + torch.special.entr(R).sum()

    return Work(lambda: mixture_elbo(R, log_joint), {"torch.special": entropy})


# ---------------------------------------------------------------- Gaussian losses


def _kl(dtype: torch.dtype, side: Callable[[Callable[..., Tensor], list[Tensor]], Call]) -> Work:
    arguments = [torch.randn(512, 64, dtype=dtype, requires_grad=True) for _ in range(4)]

    def distributions() -> Call:
        from torch.distributions import kl_divergence

        return side(lambda m1, s1, m2, s2: kl_divergence(_normal(m1, s1.exp()), _normal(m2, s2.exp())), arguments)

    return Work(side(gaussian_kl, arguments), {"torch.distributions": distributions})


def _nll(dtype: torch.dtype, side: Callable[[Callable[..., Tensor], list[Tensor]], Call]) -> Work:
    arguments = [torch.randn(128, 784, dtype=dtype, requires_grad=True) for _ in range(3)]
    return Work(
        side(gaussian_nll, arguments),
        {
            "torch.distributions": lambda: side(lambda x, m, s: -_normal(m, s.exp()).log_prob(x), arguments),
            "torch gaussian_nll_loss": lambda: side(
                lambda x, m, s: F.gaussian_nll_loss(m, x, (2 * s).exp(), full=True, reduction="none"), arguments
            ),
        },
    )


def _value(function: Callable[..., Tensor], arguments: list[Tensor]) -> Call:
    return without_graph(lambda: function(*arguments))


def _value_and_gradient(function: Callable[..., Tensor], arguments: list[Tensor]) -> Call:
    return gradients(lambda: function(*arguments).mean(), arguments)


@operation("hw2/gaussian_losses", "gaussian_kl", "512 x 64")
def _(dtype: torch.dtype) -> Work:
    return _kl(dtype, _value)


@operation("hw2/gaussian_losses", "gaussian_kl, value and gradient", "512 x 64")
def _(dtype: torch.dtype) -> Work:
    return _kl(dtype, _value_and_gradient)


@operation("hw2/gaussian_losses", "gaussian_nll", "128 x 784")
def _(dtype: torch.dtype) -> Work:
    return _nll(dtype, _value)


@operation("hw2/gaussian_losses", "gaussian_nll, value and gradient", "128 x 784")
def _(dtype: torch.dtype) -> Work:
    return _nll(dtype, _value_and_gradient)


# ---------------------------------------------------------------- gradients of expectations


def _bumpy(z: Tensor) -> Tensor:
    return torch.sin(3 * z) + z**2


def _draws(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    return torch.tensor(0.4, dtype=dtype), torch.tensor(-0.3, dtype=dtype), torch.randn(10_000, dtype=dtype)


@operation("hw2/gradient_estimators", "grad_reparam", "10,000 draws, one gradient each")
def _(dtype: torch.dtype) -> Work:
    mean, log_std, eps = _draws(dtype)

    def per_draw() -> Call:
        from torch.func import grad, vmap

        def value(mean: Tensor, log_std: Tensor, eps: Tensor) -> Tensor:
            return _bumpy(mean + log_std.exp() * eps)

        each = vmap(grad(value, argnums=(0, 1)), in_dims=(None, None, 0))
        return lambda: torch.stack(each(mean, log_std, eps), dim=-1)

    return Work(lambda: grad_reparam(_bumpy, mean, log_std, eps), {"torch.func": per_draw})


@operation("hw2/gradient_estimators", "grad_score", "10,000 draws, one gradient each")
def _(dtype: torch.dtype) -> Work:
    mean, log_std, eps = _draws(dtype)

    def per_draw() -> Call:
        from torch.func import grad, vmap

        def surrogate(mean: Tensor, log_std: Tensor, z: Tensor) -> Tensor:
            return (_bumpy(z) - 0.5) * _normal(mean, log_std.exp()).log_prob(z)

        each = vmap(grad(surrogate, argnums=(0, 1)), in_dims=(None, None, 0))
        return lambda: torch.stack(each(mean, log_std, mean + log_std.exp() * eps), dim=-1)

    return Work(lambda: grad_score(_bumpy, mean, log_std, eps, 0.5), {"torch.func": per_draw})


# ---------------------------------------------------------------- variational autoencoders

D_X, D_Z, HIDDEN, BATCH = 784, 20, 400, 128


def _vae(dtype: torch.dtype, likelihood: str) -> tuple[VAE, Tensor]:
    vae = VAE(D_X, D_Z, HIDDEN, likelihood).to(dtype)
    x = torch.rand(BATCH, D_X, dtype=dtype)
    return vae, (x < 0.3).to(dtype) if likelihood == "bernoulli" else x


def _pythae_nets(vae: VAE) -> tuple[nn.Module, nn.Module]:
    """The encoder and the decoder of ours, as pythae wants them: log variances, probabilities."""
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder

    class Encoder(BaseEncoder):
        def __init__(self) -> None:
            super().__init__()
            self.net = vae.encoder

        def forward(self, x: Tensor) -> ModelOutput:
            mean, log_std = self.net(x).chunk(2, dim=-1)
            return ModelOutput(embedding=mean, log_covariance=2 * log_std)

    class Decoder(BaseDecoder):
        def __init__(self) -> None:
            super().__init__()
            self.net = vae.decoder

        def forward(self, z: Tensor) -> ModelOutput:
            return ModelOutput(reconstruction=self.net(z).sigmoid())

    return Encoder(), Decoder()


def _pyro_pair(vae: VAE, x: Tensor) -> tuple[Callable[[], None], Callable[[], None]]:
    """Model and guide of the VAE for pyro."""
    pyro = pyro_library()
    from pyro.distributions import Bernoulli, Normal

    prior = Normal(torch.zeros(D_Z, dtype=x.dtype), torch.ones(D_Z, dtype=x.dtype)).to_event(1)

    def model() -> None:
        with pyro.plate("data", len(x)):
            output = vae.decode(pyro.sample("z", prior))
            if vae.likelihood == "bernoulli":
                likelihood = Bernoulli(logits=output)
            else:
                likelihood = Normal(output[0], output[1].exp())
            pyro.sample("x", likelihood.to_event(1), obs=x)

    def guide() -> None:
        with pyro.plate("data", len(x)):
            mean, log_std = vae.encode(x)
            pyro.sample("z", Normal(mean, log_std.exp()).to_event(1))

    return model, guide


def _vae_loss(dtype: torch.dtype, likelihood: str) -> Work:
    vae, x = _vae(dtype, likelihood)
    # The order in which both sides return the gradients.
    parameters = [*vae.encoder.parameters(), *vae.decoder.parameters()]
    if likelihood == "gaussian":
        parameters.append(vae.log_std)

    def ours() -> Tensor:
        return vae.loss(x, torch.randn(BATCH, D_Z, dtype=dtype))["total"]

    def pythae_vae() -> Call:
        from pythae import models

        encoder, decoder = _pythae_nets(vae)
        config = models.VAEConfig(input_dim=(D_X,), latent_dim=D_Z, reconstruction_loss="bce")
        peer = models.VAE(config, encoder=encoder, decoder=decoder)
        return gradients(lambda: peer({"data": x}).loss, parameters)

    def pyro_elbo() -> Call:
        model, guide = _pyro_pair(vae, x)
        estimator = pyro_library().infer.TraceMeanField_ELBO()  # the KL in closed form, as in ours
        return gradients(lambda: estimator.differentiable_loss(model, guide) / BATCH, parameters)

    def distributions() -> Call:
        from torch.distributions import Bernoulli, kl_divergence

        prior = _normal(torch.zeros(D_Z, dtype=dtype), torch.ones(D_Z, dtype=dtype))

        def loss() -> Tensor:
            mean, log_std = vae.encode(x)
            q = _normal(mean, log_std.exp())
            output = vae.decode(q.rsample())
            if likelihood == "bernoulli":
                p = Bernoulli(logits=output, validate_args=False)
            else:
                p = _normal(output[0], output[1].exp())
            return (kl_divergence(q, prior).sum(-1) - p.log_prob(x).sum(-1)).mean()

        return gradients(loss, parameters)

    peers = {"torch.distributions": distributions, "pyro": pyro_elbo}
    return Work(gradients(ours, parameters), peers | ({"pythae": pythae_vae} if likelihood == "bernoulli" else {}))


VAE_SIZE = "784-400-20-400-784, batch 128"


@operation("hw2/vae", "Bernoulli loss, value and gradient", VAE_SIZE)
def _(dtype: torch.dtype) -> Work:
    return _vae_loss(dtype, "bernoulli")


@operation("hw2/vae", "Gaussian loss, value and gradient", VAE_SIZE)
def _(dtype: torch.dtype) -> Work:
    return _vae_loss(dtype, "gaussian")


# ---------------------------------------------------------------- importance weights


@operation("hw2/importance_weighting", "gradient of the VAE's bound of 8 weights", VAE_SIZE)
def _(dtype: torch.dtype) -> Work:
    vae, x = _vae(dtype, "bernoulli")
    parameters = [*vae.encoder.parameters(), *vae.decoder.parameters()]

    def ours() -> Tensor:
        mean, log_std = vae.encode(x)
        eps = torch.randn(BATCH, 8, D_Z, dtype=dtype).transpose(0, 1)  # in the order in which the peer draws
        z = mean + log_std.exp() * eps
        logits = vae.decode(z)
        nll = F.binary_cross_entropy_with_logits(logits, x.expand_as(logits), reduction="none").sum(-1)
        log_w = gaussian_nll(z, mean, log_std).sum(-1) - gaussian_nll(z, z.new_zeros(()), z.new_zeros(())).sum(-1) - nll
        return -iwae_bound(log_w).mean()

    def pythae_iwae() -> Call:
        from pythae.models import IWAE, IWAEConfig

        encoder, decoder = _pythae_nets(vae)
        config = IWAEConfig(input_dim=(D_X,), latent_dim=D_Z, reconstruction_loss="bce", number_samples=8)
        peer = IWAE(config, encoder=encoder, decoder=decoder)
        return _gradient_only(lambda: peer({"data": x}).loss, parameters)

    # pythae's loss has the gradient of the bound, but not its value.
    return Work(_gradient_only(ours, parameters), {"pythae": pythae_iwae})


def _gradient_only(value: Callable[[], Tensor], inputs: list[Tensor]) -> Call:
    call = gradients(value, inputs)
    return lambda: call()[1:]


@operation("hw2/importance_weighting", "iwae_bound", "50 weights, batch 1000")
def _(dtype: torch.dtype) -> Work:
    log_w = 5 * torch.randn(50, 1000, dtype=dtype) - 90

    def scipy_logsumexp() -> Call:
        from scipy.special import logsumexp

        a = log_w.numpy()
        return lambda: logsumexp(a, axis=0) - math.log(50)

    return Work(lambda: iwae_bound(log_w), {"scipy": scipy_logsumexp})


@operation("hw2/importance_weighting", "snis_weights", "50 weights, batch 1000")
def _(dtype: torch.dtype) -> Work:
    log_w = 5 * torch.randn(50, 1000, dtype=dtype) - 90

    def scipy_softmax() -> Call:
        from scipy.special import softmax

        a = log_w.numpy()
        return lambda: softmax(a, axis=0)

    return Work(lambda: snis_weights(log_w), {"scipy": scipy_softmax})


class _Linear:
    """A linear-Gaussian model in d_z and d_x dimensions with a Gaussian encoder: everything that the reports need."""

    def __init__(self, d_x: int, d_z: int, dtype: torch.dtype) -> None:
        self.weight, self.std = torch.randn(d_z, d_x, dtype=dtype), torch.rand(d_x, dtype=dtype) + 0.5
        self.back, self.log_std = torch.randn(d_x, d_z, dtype=dtype) / d_x, torch.randn(d_z, dtype=dtype) / 5

    def encoder(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = x @ self.back
        return mean, self.log_std.expand_as(mean)

    def log_joint(self, x: Tensor, z: Tensor) -> Tensor:
        log_prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(-1)
        return log_prior - gaussian_nll(x, z @ self.weight, self.std.log()).sum(-1)


@operation("hw2/vae_gap", "vae_gap_report", "500 weights, one point, dimensions 50 and 8; drawing the noise included")
def _(dtype: torch.dtype) -> Work:
    system, x = _Linear(50, 8, dtype), torch.randn(1, 50, dtype=dtype)

    def ours() -> Tensor:
        eps = torch.randn(500, 1, 8, dtype=dtype)
        return vae_gap_report(x, system.encoder, system.log_joint, eps)["log_px"]

    def renyi() -> Call:
        pyro = pyro_library()
        from pyro.distributions import Normal

        prior = Normal(torch.zeros(8, dtype=dtype), torch.ones(8, dtype=dtype)).to_event(1)

        # pyro adds up the log weights of all points of a batch, so a point at a time is what it can do.
        def model() -> None:
            z = pyro.sample("z", prior)
            pyro.sample("x", Normal(z @ system.weight, system.std).to_event(1), obs=x[0])

        def guide() -> None:
            mean, log_std = system.encoder(x)
            pyro.sample("z", Normal(mean[0], log_std[0].exp()).to_event(1))

        estimator = pyro.infer.RenyiELBO(alpha=0, num_particles=500, vectorize_particles=True, max_plate_nesting=0)
        return without_graph(lambda: -estimator.loss(model, guide))

    return Work(ours, {"pyro": renyi})


@operation("hw2/amortisation", "amortisation_gap", "16 draws, batch 64, dimensions 50 and 8, 20 steps")
def _(dtype: torch.dtype) -> Work:
    system, x, eps = _Linear(50, 8, dtype), torch.randn(64, 50, dtype=dtype), torch.randn(16, 64, 8, dtype=dtype)

    def distributions() -> Call:
        prior = _normal(torch.zeros(8, dtype=dtype), torch.ones(8, dtype=dtype))

        def elbo(mean: Tensor, log_std: Tensor) -> Tensor:
            q = _normal(mean, log_std.exp())
            z = q.loc + q.scale * eps
            log_w = _normal(z @ system.weight, system.std).log_prob(x).sum(-1)
            return (log_w + (prior.log_prob(z) - q.log_prob(z)).sum(-1)).mean(0)

        def run() -> tuple[Tensor, Tensor]:
            start = system.encoder(x)
            mean, log_std = (value.clone().requires_grad_() for value in start)
            optimiser = torch.optim.Adam([mean, log_std], lr=0.05)
            for _ in range(20):
                optimiser.zero_grad()
                (-elbo(mean, log_std).sum()).backward()
                optimiser.step()
            with torch.no_grad():
                return elbo(*start), elbo(mean, log_std)

        return run

    return Work(
        lambda: amortisation_gap(x, system.encoder, system.log_joint, eps, 20, 0.05),
        {"torch.distributions": distributions},
    )


# ---------------------------------------------------------------- collapse


def _posteriors(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Means and log standard deviations of 10,000 posteriors in 64 dimensions, some of which are not used."""
    used = (torch.arange(64) % 3 > 0).to(dtype)
    return used * torch.randn(10_000, 64, dtype=dtype), -used * torch.rand(10_000, 64, dtype=dtype)


@operation("hw2/collapse", "active_units", "10,000 x 64")
def _(dtype: torch.dtype) -> Work:
    mean, _ = _posteriors(dtype)

    def sklearn() -> Call:
        from sklearn.feature_selection import VarianceThreshold

        a = mean.numpy()
        return lambda: VarianceThreshold(0.01).fit(a).get_support().sum()

    return Work(lambda: active_units(mean), {"scikit-learn": sklearn})


@operation("hw2/collapse", "collapse_report", "10,000 x 64")
def _(dtype: torch.dtype) -> Work:
    mean, log_std = _posteriors(dtype)

    def distributions() -> Call:
        from torch.distributions import kl_divergence

        prior = _normal(torch.zeros(64, dtype=dtype), torch.ones(64, dtype=dtype))

        def run() -> tuple[Tensor, Tensor, Tensor]:
            kl = kl_divergence(_normal(mean, log_std.exp()), prior).mean(0)
            return kl, (torch.var(mean, 0) > 0.01).sum(), kl < 0.01

        return run

    return Work(lambda: collapse_report(mean, log_std), {"torch.distributions": distributions})


# ---------------------------------------------------------------- change of variables


def _jacobians(dtype: torch.dtype, B: int, D: int) -> Work:
    weight = torch.randn(D, D, dtype=dtype) / D

    def f(x: Tensor) -> Tensor:
        return x + torch.tanh(x @ weight)

    x = torch.randn(B, D, dtype=dtype)

    def with_transform(transform: str) -> Callable[[], Call]:
        def prepare() -> Call:
            from torch.func import vmap

            jacobian = vmap(getattr(torch.func, transform)(f))
            return lambda: torch.linalg.slogdet(jacobian(x)).logabsdet

        return prepare

    return Work(
        lambda: log_abs_det_jacobian(f, x),
        {f"torch.func {transform}": with_transform(transform) for transform in ("jacrev", "jacfwd")},
    )


@operation("hw2/change_of_variables", "log_abs_det_jacobian, D = 2", "2000 points")
def _(dtype: torch.dtype) -> Work:
    return _jacobians(dtype, 2000, 2)


@operation("hw2/change_of_variables", "log_abs_det_jacobian, D = 16", "500 points")
def _(dtype: torch.dtype) -> Work:
    return _jacobians(dtype, 500, 16)
