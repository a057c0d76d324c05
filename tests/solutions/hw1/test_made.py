"""MADE: masks against the order, outputs against the autograd Jacobian, total probability by enumeration."""

import itertools

import torch

from solutions.hw1.made import MADE, make_masks

ORDER = torch.tensor([2, 0, 4, 1, 3])
EARLIER = ORDER[:, None] > ORDER  # (i, j): x_j comes before x_i


def test_the_product_of_the_masks_is_the_order():
    masks = make_masks(5, [60, 80, 70], ORDER, torch.Generator().manual_seed(0))
    assert [tuple(mask.shape) for mask in masks] == [(60, 5), (80, 60), (70, 80), (5, 70)]
    product = masks[3] @ masks[2] @ masks[1] @ masks[0]
    assert ((product > 0) == EARLIER).all()
    assert all(((mask == 0) | (mask == 1)).all() for mask in masks)


def test_every_hidden_unit_reads_something_also_in_narrow_networks():
    for seed in range(50):
        masks = make_masks(5, [2, 2, 3], ORDER, torch.Generator().manual_seed(seed))
        assert all((mask.sum(1) > 0).all() for mask in masks[:-1])
        assert (masks[-1].sum(0) > 0).all()


def test_the_generator_decides_the_masks():
    first, again, other = (make_masks(5, [20], ORDER, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_outputs_depend_on_earlier_variables_only():
    torch.manual_seed(0)
    made = MADE(5, [40, 40], 3, ORDER, torch.Generator().manual_seed(1)).double()
    x = torch.randint(3, (1, 5), generator=torch.Generator().manual_seed(2)).double()
    jacobian = torch.autograd.functional.jacobian(made, x)[0, :, :, 0]  # (D, K, D)
    assert ((jacobian.abs().sum(1) > 0) == EARLIER).all()


def test_all_probabilities_sum_to_one():
    torch.manual_seed(0)
    for K in (2, 3):
        made = MADE(5, [16, 16], K, ORDER, torch.Generator().manual_seed(1)).double()
        with torch.no_grad():
            for parameter in made.parameters():
                parameter.mul_(3)
            x = torch.tensor(list(itertools.product(range(K), repeat=5)))
            log_p = made(x.double()).log_softmax(2).gather(2, x[..., None]).sum((1, 2))
        assert abs(log_p.exp().sum() - 1) < 1e-12
        assert log_p.exp().std() > 1e-4  # and not because the model is uniform
