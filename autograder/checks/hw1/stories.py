"""The demo class of homework 1: who did what, and what each should lose."""

from autograder.course import Homework
from autograder.desk.demo import (
    EMPTY,
    EVERYTHING,
    PERFECT,
    Document,
    Member,
    adding,
    colab,
    forger,
    otherwise,
    solved,
    solved_until,
    solved_with,
)
from autograder.releasing.reference import reference_cells

ENDLESS_LOOP = """\
def fit_mle(counts, steps=500, learning_rate=1.0):
    while True:
        pass
"""
HOG = """\
def mc_expectation(f, sampler, n, generator):
    return f(torch.zeros(10**13))


def histogram_density(x, edges):
    kept = []
    while True:
        kept.append(torch.empty(100_000_000))
"""
LATER = (
    "causal_conv",
    "wavenet",
    "masked_conv",
    "pixelcnn",
    "receptive_field_map",
    "completion",
    "beta_bernoulli",
    "naive_monte_carlo",
    "elbo",
)
MISTAKES = (
    "maximum_likelihood__sum_instead_of_mean",
    "monte_carlo__sqrt_n_missing",
    "beta_bernoulli__map_is_mle",
    "naive_monte_carlo__mean_of_logs",
    "t2_formula__mode_seeking",
)
ALTERNATIVES = ("maximum_likelihood__numpy_by_hand", "monte_carlo__numpy_with_ddof_zero", "elbo__numpy")
half_done = solved_until(*LATER)


def _typo(homework: Homework) -> Document:
    broken = dict(reference_cells(homework))["naive_monte_carlo"].replace("def naive_log_px(", "def naive_log_px((", 1)
    return solved(homework, naive_monte_carlo=broken)


def _endless(homework: Homework) -> Document:
    return adding(solved(homework), ENDLESS_LOOP)


def _hog(homework: Homework) -> Document:
    return solved(homework, monte_carlo=HOG)


STORIES = (
    PERFECT,
    Member(
        "bruno-achterberg",
        "one term of the ELBO in closed form",
        solved_with("elbo__closed_form_kl"),
        ("elbo/value", "elbo/zero_variance"),
    ),
    Member("chiara-novak", "stopped half-way", half_done, LATER),
    Member(
        "dilnoza-karimova",
        "five ordinary mistakes",
        solved_with(*MISTAKES),
        (
            "maximum_likelihood",
            "monte_carlo/standard_error_is_that_of_the_mean",
            "beta_bernoulli/map_estimate",
            "naive_monte_carlo/value",
            "naive_monte_carlo/unbiased",
            "naive_monte_carlo/far_away",
            "t2_formula",
        ),
    ),
    EMPTY,
    Member("farid-castellan", "the upload broke off", solved, readable=False),
    Member(
        "grete-solheim",
        "an endless loop",
        _endless,
        ("maximum_likelihood/fit_reaches_the_frequencies", "maximum_likelihood/fit_takes_plain_steps"),
    ),
    Member("hugo-mwangi", "tries to forge the score", forger, (EVERYTHING,)),
    Member("imani-leblanc", "takes all the memory", _hog, ("monte_carlo",)),
    Member("jonas-papadakis", "works in Colab: magics, a mounted drive, endless training", colab),
    Member("kavya-moreau", "writes numpy and float64", otherwise(*ALTERNATIVES)),
    Member("lev-ferreira", "a slip of the keyboard in one cell", _typo, ("naive_monte_carlo",)),
    Member(
        "mira-tanaka",
        "a mistake that others build on",
        solved_with("masked_conv__always_b"),
        ("masked_conv/kind_a", "masked_conv/stack_is_autoregressive", "masked_conv/learns_any_masked_filter"),
    ),
    Member("Ольга-Łukasik-田中", "solved everything, and has a name", solved),
)
