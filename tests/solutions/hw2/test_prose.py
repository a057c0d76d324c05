"""Where the numbers in the text of homework 2 come from."""

import math

import dgm

from tests.prose import Printed, unclaimed, wrong_claims

# What experiments are run with, where the text names it; what a question supposes; the worked case of free bits.
SETTINGS = ("0.01", "0.05", "0.1", "0.5", "0.9", "1.2", "0.3", "0.25", "0.15", "1.5", "2.2", "3.5")
BURDA = 86.8  # Burda et al. 2016, Table 1: one stochastic layer, k = 1


def of_model(printed, latents, term):
    """A term of the negative ELBO on the small digits."""
    return printed(rf"{latents} latents, test images: .*'{term}': '([\d.]+)'")


def in_the_plane(printed, name, what):
    total, entropy = (printed(rf"{name} .*{word}([\d.]+)") for word in ("'total': '", "entropy "))
    return {"total": total, "excess": total - entropy}[what]


def gap_of(printed, digits, kind):
    return printed(rf"40 {digits} digits: .*{kind} gap ([\d.]+)")


def on_chains(printed, name, what):
    return printed(rf"{name}: negative ELBO .*{what} ([\d.]+)" if what == "KL" else rf"{name}: negative ELBO ([\d.]+)")


def pixelcnn_of_homework_1(printed):
    return Printed("hw1")(r"\n +PixelCNN +[=≤≈] +([\d.]+)", -1)


def bound(printed):
    return of_model(printed, 8, "total")


CLAIMS = {
    "from 30 to about 600, against 4 for the first": lambda p: [30, 600, 4],
    r"$b^\ast = m^2 + 3s^2 = 4$, and it is still well above the reparametrisation (14 against 4)": lambda p: [
        *(2, 2, 1 + 3),
        *(8 + 6, 4),
    ],
    r"$\log 1000 = 6.9$ nats": lambda p: [1000, math.log(1000)],
    "To carry 6.9 nats alone": lambda p: [math.log(1000)],
    "$e^{-6.9} = 0.001$": lambda p: [math.log(1000), 1 / 1000],
    "ten dimensions carry 0.69 nats each, with standard deviations of about 0.5": lambda p: [
        math.log(1000) / 10,
        1000 ** (-1 / 10),
    ],
    "0.064 nats for the cloud and 0.660 for the ring": lambda p: [
        in_the_plane(p, "cloud", "excess"),
        in_the_plane(p, "ring", "excess"),
    ],
    "falls from 16.77 to 11.83 nats, and the KL rises from 3.37 to 6.59: 1.7 nats are left": lambda p: [
        *(of_model(p, latents, "rec") for latents in (2, 8)),
        *(of_model(p, latents, "kl") for latents in (2, 8)),
        of_model(p, 2, "total") - of_model(p, 8, "total"),
    ],
    "the PixelCNN of homework 1 reached 17.9 nats per image": lambda p: [1, pixelcnn_of_homework_1(p)],
    "the bound of the VAE with eight latents is 18.4": lambda p: [bound(p)],
    "No: 17.9 is exactly what the PixelCNN pays, but 18.4 is only": lambda p: [pixelcnn_of_homework_1(p), bound(p)],
    "0.51 nats on the test digits, and somewhat less, 0.39, on training digits": lambda p: [
        gap_of(p, "test", "amortisation"),
        gap_of(p, "training", "amortisation"),
    ],
    "against an approximation gap of 0.07": lambda p: [gap_of(p, "test", "approximation")],
    "17.51 for the VAE with eight latents": lambda p: [p(r"8 latents, 300 draws.*'log_px': '-([\d.]+)'")],
    "against 17.9 for the PixelCNN": lambda p: [pixelcnn_of_homework_1(p)],
    "report $-86.8$ nats": lambda p: [BURDA],
    r"$-\log 2 = -0.69$": lambda p: [2, math.log(2)],
    "Their entropy is known, 5.569 nats": lambda p: [dgm.markov_entropy()],
    "by nearly a nat: 5.591 against 6.458, and its entropy is 5.569": lambda p: [
        on_chains(p, "autoregressive", "ELBO"),
        on_chains(p, "independent", "ELBO"),
        dgm.markov_entropy(),
    ],
    "The independent decoder pays 2.933 nats": lambda p: [on_chains(p, "independent", "KL")],
    r"$16\log 2 = 11.1$ nats": lambda p: [16, 2, 16 * math.log(2)],
    "has a variance of 0.01 and costs next to nothing, about 0.005 nats": lambda p: [0.1**2, 0.5 * 0.1**2],
    r"$4 \cdot 0.25 = 1$ nat (1.088 in our run)": lambda p: [4, 0.25, 1, on_chains(p, "free bits", "KL")],
    "Word dropout is worth its price, 0.4 nats": lambda p: [
        on_chains(p, "word dropout", "ELBO") - on_chains(p, "no cure", "ELBO")
    ],
    r"$500\log 0.01 = -2303$": lambda p: [500, 0.01, -500 * math.log(0.01)],
    "(1.830 in place of 0.985 in this frame)": lambda p: [
        p(r"without the determinant: ([\d.]+)"),
        p(r"mass in the frame: ([\d.]+)"),
    ],
}


def test_the_text_says_what_the_solved_notebook_shows():
    assert list(wrong_claims("hw2", CLAIMS)) == []


def test_every_number_of_the_text_is_claimed():
    assert unclaimed("hw2", CLAIMS, SETTINGS) == []


def test_the_texts_conclusions_hold():
    """What is said in words: the bound loses to the PixelCNN, the estimate does not; new digits have larger gaps."""
    printed = Printed("hw2")
    estimate = printed(r"8 latents, 300 draws.*'log_px': '-([\d.]+)'")
    assert estimate < pixelcnn_of_homework_1(printed) < bound(printed)
    assert gap_of(printed, "training", "amortisation") < gap_of(printed, "test", "amortisation")
    assert printed(r"20 latents: .*; (\d+) below 0.01") < 20 - 10
