"""Public checks of `receptive_field_map`."""

import torch
from dgm.checking import public_check
from torch import nn


def blur(activation):
    """Two 3x3 convolutions without masks: together they see a 5x5 square."""
    first, second = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 1, 3, padding=1)
    for weight, value in ((first.weight[0], 0.1), (first.weight[1], -0.1), (second.weight, 0.1)):
        nn.init.constant_(weight, value)
    nn.init.constant_(first.bias, -0.01)
    nn.init.constant_(second.weight[0, 1], 0.2)
    return nn.Sequential(first, activation, second)


def as_bool(answer, what):
    answer = torch.as_tensor(answer)
    assert tuple(answer.shape) == (7, 9), f"{what} should have shape (H, W), but it has shape {tuple(answer.shape)}"
    return answer.bool()


@public_check("two 3x3 convolutions see a 5x5 square, cut at the edges of the image")
def square(student):
    for r, c in ((3, 4), (0, 7)):
        seen = as_bool(student.receptive_field_map(blur(nn.Tanh()), 7, 9, r, c), "the map")
        expected = torch.zeros(7, 9, dtype=torch.bool)
        expected[max(0, r - 2) : r + 3, max(0, c - 2) : c + 3] = True
        assert not (expected & ~seen).any(), "the map misses pixels of the square"
        assert not (seen & ~expected).any(), "the map marks pixels outside the square"


@public_check("ReLUs that are off at the zero input hide no pixel")
def relus(student):
    seen = as_bool(student.receptive_field_map(blur(nn.ReLU()), 7, 9, 3, 4), "the map")
    assert seen.any(), "the map is empty: the ReLUs were off at the input you used. Does your map depend on the input?"
    assert seen.sum() == 25, "the map should be the 5x5 square, whatever the ReLUs do at one input"


@public_check("weights that are zero let nothing through")
def zeros(student):
    net = blur(nn.Tanh())
    with torch.no_grad():
        net[0].weight[..., 1:, :] = 0  # only the row above is left, in both layers
        net[2].weight[..., 1:, :] = 0
    seen = as_bool(student.receptive_field_map(net, 7, 9, 3, 4), "the map")
    assert not seen[2:].any(), "the net looks upwards only, but the map marks pixels at the height of (r, c) or near it"
    assert seen[1, 2:7].all() and seen.sum() == 5, "the net sees five pixels two rows higher, and no others"


@public_check("the net is left as it was")
def net_unchanged(student):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))
    before = [parameter.clone() for parameter in net.parameters()]
    student.receptive_field_map(net, 7, 9, 3, 4)
    after = list(net.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True)), "the net's parameters have changed"


@public_check("the blind spot holds earlier pixels only, and none that is seen")
def blind(student):
    r, c = 4, 5
    net = blur(nn.Tanh())
    missed = as_bool(student.blind_spot(net, 7, 9, r, c), "the blind spot").flatten()
    place = r * 9 + c
    assert not missed[place:].any(), "the blind spot holds a pixel that does not come before (r, c) in raster order"
    seen = as_bool(student.receptive_field_map(net, 7, 9, r, c), "the map").flatten()
    assert not (seen & missed).any(), "a pixel that is seen is not in the blind spot"
    assert (seen | missed)[:place].all(), "an earlier pixel is either seen or in the blind spot"


@public_check("paths whose weights cancel are paths")
def cancelling(student):
    net = blur(nn.Identity())
    for weight, value in ((net[0].weight[0], 0.5), (net[0].weight[1], -0.5), (net[2].weight, 0.5)):
        nn.init.constant_(weight, value)  # what comes through one channel is taken away by the other, exactly
    seen = as_bool(student.receptive_field_map(net, 7, 9, 3, 4), "the map")
    assert seen.sum() == 25, "a path of weights that are not zero counts, although another path has the opposite sign"
