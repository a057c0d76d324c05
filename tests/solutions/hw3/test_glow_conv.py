"""Tests of solutions/hw3/glow_conv.py: Jacobians over all places, the PLU form, and what training may change."""

import torch

from solutions.hw3.glow_conv import InvertibleConv1x1

from .oracles import assert_layer_is_right, normal, perturbed


def layer(C: int, seed: int = 0) -> InvertibleConv1x1:
    return InvertibleConv1x1(C, torch.Generator().manual_seed(seed))


def test_the_log_determinant_counts_every_place():
    for C, H, W in ((3, 2, 3), (1, 3, 1), (4, 1, 2)):
        assert_layer_is_right(perturbed(layer(C), seed=C), normal(2, C, H, W, seed=C))


def test_every_place_is_multiplied_by_the_same_matrix():
    conv, x = perturbed(layer(4)), normal(2, 4, 3, 5)
    P, L, U, s = conv.factors()
    W = P @ L @ (U + torch.diag(s))
    z, log_det = conv(x)
    for i in range(3):
        for j in range(5):
            assert (z[:, :, i, j] - x[:, :, i, j] @ W.T).abs().max() < 1e-12
    assert (log_det - 15 * torch.linalg.slogdet(W).logabsdet).abs().max() < 1e-10


def test_it_starts_orthogonal_and_depends_on_the_generator_only():
    for C in (2, 5, 8):
        P, L, U, s = (factor.double() for factor in layer(C, seed=C).factors())
        W = P @ L @ (U + torch.diag(s))
        assert (W @ W.T - torch.eye(C)).abs().max() < 1e-5
        assert layer(C)(torch.ones(1, C, 2, 2))[1].abs().max() < 1e-5
    before = torch.random.get_rng_state()
    first, second, other = (layer(3, seed)(torch.ones(1, 3, 1, 1))[0] for seed in (0, 0, 1))
    assert (first == second).all()
    assert (first - other).abs().max() > 1e-3
    assert (torch.random.get_rng_state() == before).all()


def test_training_keeps_the_form():
    """Large changes of all parameters: P and the signs stay, L and U stay triangular."""
    conv = layer(5, seed=3).double()
    P, _, _, s = conv.factors()
    perturbed(conv, size=3.0, seed=1)
    P_after, L, U, s_after = conv.factors()
    assert (P == P_after).all()
    assert (s.sign() == s_after.sign()).all()
    assert (s - s_after).abs().max() > 0.1
    assert (P.sum(0) == 1).all()
    assert (P.sum(1) == 1).all()
    assert (L.triu() == torch.eye(5)).all()
    assert (U.tril() == 0).all()
    assert (L - torch.eye(5)).abs().max() > 0.1
    assert U.abs().max() > 0.1
