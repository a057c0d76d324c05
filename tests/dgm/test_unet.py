"""The U-Net of the diffusion models: what it takes, what it listens to, and that it starts at zero."""

import dgm
import torch


def network(classes=3):
    torch.manual_seed(0)
    net = dgm.UNet(8, classes)
    for parameter in net.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape)
    return net


def images(n=4):
    return torch.randn(n, 1, 14, 10, generator=torch.Generator().manual_seed(1))


def test_it_starts_at_zero_and_keeps_the_shape():
    for x in (images(), torch.zeros(1, 1, 28, 28)):
        found = dgm.UNet(8)(x, torch.rand(len(x)))
        assert found.shape == x.shape
        assert not found.any()


def test_every_image_has_its_own_time_and_label():
    net, x = network(), images()
    time, label = torch.tensor([0.1, 0.5, 0.9, 1.0]), torch.tensor([0, 1, 2, 3])
    together = net(x, time, label)
    for b in range(4):
        alone = net(x[b : b + 1], time[b : b + 1], label[b : b + 1])
        assert torch.allclose(alone, together[b : b + 1], atol=1e-4)
    assert not torch.allclose(net(x, time.flip(0), label), together, atol=1e-2)
    assert not torch.allclose(net(x, time, label.flip(0)), together, atol=1e-2)


def test_without_a_label_nothing_is_told():
    net, x, time = network(), images(), torch.full((4,), 0.3)
    assert torch.equal(net(x, time), net(x, time, torch.full((4,), 3)))


def test_every_parameter_learns():
    net = network()
    net(images(), torch.rand(4), torch.tensor([0, 1, 2, 3])).square().sum().backward()
    assert all(parameter.grad.any() for parameter in net.parameters())
