"""Typical mistakes turn a public check red, and the reference turns none."""

import contextlib
import io
import textwrap

import dgm
import pytest

from autograder.checking import reference_namespace
from autograder.course import load_course
from autograder.releasing.reference import reference_cells

COURSE = load_course()
# Exercise -> what students did and public checks once let through: the cell that they wrote below the reference's.
MISTAKES = {
    "hw1/gaussian_fits": {
        "directions exchanged": """
            right = fit_gaussian
            def fit_gaussian(log_p, grid, direction, mean0, log_std0, steps=1000, learning_rate=0.05):
                other = {"forward": "reverse", "reverse": "forward"}[direction]
                return right(log_p, grid, other, mean0, log_std0, steps, learning_rate)
        """,
    },
    "hw1/wavenet": {
        "the last skip only": """
            class WaveNet(WaveNet):
                def forward(self, x):
                    counted = [m for m in self.modules() if isinstance(m, WaveNetBlock)]
                    for block in counted[:-1]:
                        block.register_forward_hook(lambda m, i, o: (o[0], o[1].detach() * 0))
                    return super().forward(x)
        """,
    },
    "hw1/elbo": {
        "the gap the other way round": """
            def elbo_gap(x, m, v, s):
                mean, var = x / (1 + s**2), s**2 / (1 + s**2)
                return 0.5 * (var / v + (mean - m) ** 2 / v - 1 + torch.log(v / var))
        """,
        "a variance for a standard deviation": """
            right = elbo
            def elbo(x, q_mean, q_std, decoder, eps):
                return right(x, q_mean, q_std**2, decoder, eps)
        """,
    },
    "hw1/t1_formula": {
        "4 for 8": """
            def alpha_divergence_of_gaussians(mean1, mean2, std, alpha):
                d = (mean1 - mean2) ** 2 / std**2
                if abs(alpha) == 1:
                    return d / 2
                return 4 / (1 - alpha**2) * (1 - math.exp(-(1 - alpha**2) * d / 4))
        """,
    },
    "hw1/t4_formula": {
        "2 s for 2 s^2": """
            def conjugate_elbo(x, m, v, s):
                rec = -0.5 * math.log(2 * math.pi * s**2) - ((x - m) ** 2 + v) / (2 * s)
                return rec - 0.5 * (m**2 + v) + 0.5 * math.log(v) + 0.5
        """,
    },
    "hw1/receptive_field_map": {
        "weights with their signs": """
            def receptive_field_map(net, H, W, r, c):
                linear = nn.Sequential(*[m for m in net if isinstance(m, nn.Conv2d)])
                x = torch.zeros(1, 1, H, W, requires_grad=True)
                (g,) = torch.autograd.grad(linear(x)[0, 0, r, c], x)
                return g[0, 0] != 0
        """,
    },
    "hw1/monte_carlo": {
        "points on inner edges twice": """
            def histogram_density(x, edges):
                counts = torch.stack([((x >= a) & (x <= b)).sum() for a, b in zip(edges[:-1], edges[1:])])
                return counts / (counts.sum() * edges.diff())
        """,
    },
    "hw1/made": {
        "masks that stay float32": """
            right = MADE
            class MADE(right):
                def double(self):
                    return self
        """,
    },
    "hw2/vae": {
        "no noise in samples": """
            class VAE(VAE):
                def sample(self, eps_z, eps_x):
                    return super().sample(eps_z, eps_x * 0 if self.likelihood == "gaussian" else eps_x)
        """,
        "a fixed width": """
            class VAE(VAE):
                def decode(self, z):
                    found = super().decode(z)
                    return found if self.likelihood == "bernoulli" else (found[0], found[1].detach() * 0)
        """,
    },
    "hw2/decoder_weakening": {
        "free bits of data points": """
            def kl_with_free_bits(kl, free_bits):
                return kl.clamp(min=free_bits).mean(0).sum()
        """,
    },
    "hw2/gaussian_mixture": {
        "the sum of the log-likelihoods": """
            right = em
            def em(X, *start):
                *found, ll = right(X, *start)
                return (*found, ll * len(X))
        """,
    },
    "hw2/gaussian_losses": {
        "log variances": """
            right = gaussian_kl
            def gaussian_kl(mean, log_std, mean2=0.0, log_std2=0.0):
                return right(mean, torch.as_tensor(log_std) / 2, mean2, torch.as_tensor(log_std2) / 2)
        """,
    },
    "hw2/amortisation": {
        "a step short": """
            right = amortisation_gap
            def amortisation_gap(x, encoder, log_joint, eps, steps, learning_rate):
                return right(x, encoder, log_joint, eps, steps - 1, learning_rate)
        """,
    },
    "hw2/t2_formula": {
        "18 for 14": """
            def estimator_variances(mean, std):
                return 4 * std**2, (mean**4 + 18 * mean**2 * std**2 + 15 * std**4) / std**2
        """,
    },
    "hw2/t4_formula": {
        "without the half": """
            def linear_vae_kl(eigenvalue, noise_var):
                return max(0.0, math.log(eigenvalue / noise_var))
        """,
    },
}
CASES = [(exercise, name) for exercise, mistakes in MISTAKES.items() for name in mistakes]


def notebook(homework_id, cell=""):
    """The names of a notebook with the reference's answers and, below them, one more cell."""
    homework = COURSE.homework(homework_id)
    namespace = {"__name__": "__main__", **vars(reference_namespace(homework)), "check": dgm.check}
    exec(compile(dict(reference_cells(homework))["setup"], "setup", "exec"), namespace)
    exec(compile(textwrap.dedent(cell), "cell", "exec"), namespace)
    return namespace


def checked(exercise, namespace):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            exec(f"check({exercise!r})", namespace)
        except dgm.ChecksFailed:
            return False, said.getvalue()
    return True, said.getvalue()


@pytest.mark.parametrize("whose", MISTAKES)
def test_the_reference_stays_green(whose):
    passed, said = checked(whose, notebook(whose.partition("/")[0]))
    assert passed, said


@pytest.mark.parametrize(("whose", "name"), CASES)
def test_a_typical_mistake_turns_red(whose, name):
    passed, said = checked(whose, notebook(whose.partition("/")[0], MISTAKES[whose][name]))
    assert not passed, said
    assert "Error" not in said or "same dtype" in said, said  # advice in the check's own words


def test_nan_is_called_nan():
    cell = """
        def conjugate_elbo(x, m, v, s):
            return torch.tensor(-1.0).log()
    """
    assert "(conjugate_elbo returned NaN, which is no number)" in checked("hw1/t4_formula", notebook("hw1", cell))[1]
