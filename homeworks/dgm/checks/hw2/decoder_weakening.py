"""Public checks of `decoder_weakening`."""

import torch
from dgm.checking import public_check


@public_check("without free bits the KL term is the plain one")
def plain(student):
    kl = torch.rand(4, 3)
    value = torch.as_tensor(student.kl_with_free_bits(kl, 0.0))
    assert value.shape == (), "the KL term should be a single number"
    assert abs(float(value - kl.sum() / 4)) < 1e-4, "with free_bits = 0: sum over dimensions, mean over the batch"


@public_check("every dimension costs at least its free bits")
def at_least(student):
    kl = torch.tensor([[0.0, 0.2, 4.0], [0.0, 0.4, 2.0]])
    assert abs(float(student.kl_with_free_bits(kl, 5.0)) - 15.0) < 1e-4, "with a limit of 5 each of the three costs 5"
    value = float(student.kl_with_free_bits(kl, 1.0))
    assert value >= 3.0, "with a limit of 1 three dimensions cost at least 3 in all"
    assert abs(value - 5.0) < 1e-4, "the dimension above the limit should cost its mean over the batch"
    swings = torch.tensor([[0.0, 4.0], [4.0, 0.0]])
    assert abs(float(student.kl_with_free_bits(swings, 1.0)) - 4.0) < 1e-4, (
        "the limit holds for a dimension's mean over the batch, not for single data points"
    )


@public_check("the weight of the KL term goes from 0 to 1")
def schedule(student):
    weights = [float(student.beta_schedule(step, 100)) for step in (0, 50, 100, 500)]
    assert weights == [0.0, 0.5, 1.0, 1.0], "for a warm-up of 100 steps: 0 at step 0, half at 50, 1 at 100 and later"
    assert float(student.beta_schedule(0, 0)) == 1.0, "without a warm-up the weight is 1 from the start"


@public_check("dropped symbols become 0.5, the others stay")
def dropout(student):
    x = (torch.rand(5, 8) < 0.5).float()
    before, u = x.clone(), torch.rand(5, 8)
    nothing, everything = (torch.as_tensor(student.word_dropout(x, p, u)).float() for p in (0.0, 1.0))
    assert torch.equal(x, before), "x itself should not change"
    assert torch.equal(nothing, x), "with p = 0 nothing should be dropped"
    assert bool((everything == 0.5).all()), "with p = 1 every symbol should become 0.5"
    rare = torch.as_tensor(student.word_dropout(torch.ones(50, 200), 0.1, torch.rand(50, 200))).float()
    share = float((rare == 0.5).float().mean())
    assert abs(share - 0.1) < 0.03, f"with p = 0.1 about a tenth of the symbols should be dropped, not {share:.2f}"
