"""The categorical likelihood against the identity nll = entropy + KL, and the fit against the observed frequencies."""

import torch

from solutions.hw1.maximum_likelihood import fit_mle, nll


def random_case(K, seed):
    generator = torch.Generator().manual_seed(seed)
    counts = torch.randint(10, 100, (K,), generator=generator).double()
    return torch.randn(K, generator=generator, dtype=torch.float64) * 2, counts


def test_nll_is_entropy_plus_kl():
    for K in (2, 5, 11):
        logits, counts = random_case(K, seed=K)
        observed, model = counts / counts.sum(), logits.exp() / logits.exp().sum()
        entropy = -(observed * observed.log()).sum()
        kl = (observed * (observed / model).log()).sum()
        assert abs(nll(logits, counts) - entropy - kl) < 1e-12


def test_nll_counts_every_observation_once():
    logits, _ = random_case(4, seed=0)
    data = [0, 3, 3, 1, 3, 0]
    counts = torch.tensor([2.0, 1.0, 0.0, 3.0], dtype=torch.float64)
    by_hand = -sum(logits.log_softmax(0)[k] for k in data) / len(data)
    assert abs(nll(logits, counts) - by_hand) < 1e-12


def test_nll_is_blind_to_a_shift_and_has_the_gradient_model_minus_data():
    logits, counts = random_case(6, seed=1)
    assert abs(nll(logits + 1000, counts) - nll(logits, counts)) < 1e-9
    logits.requires_grad_()
    nll(logits, counts).backward()
    assert torch.allclose(logits.grad, logits.detach().softmax(0) - counts / counts.sum(), atol=1e-12)


def test_fit_reaches_the_frequencies_whatever_the_size_of_the_data():
    for K in (2, 4, 8):
        _, counts = random_case(K, seed=10 + K)
        for scale in (1, 1000):
            fitted = fit_mle(counts * scale)
            assert not fitted.requires_grad
            assert torch.allclose(fitted.softmax(0), counts / counts.sum(), atol=1e-3)
    assert (fit_mle(counts, steps=0) == 0).all()
