"""Every picture is drawn without a warning, shows what it was given, and refuses what it cannot show."""

import dgm
import matplotlib
import numpy as np
import pytest
import torch

matplotlib.use("agg")
import matplotlib.pyplot as plt  # noqa: E402
from dgm import plots  # noqa: E402
from dgm.plots.style import FILLED_INK, INK, rgb  # noqa: E402


@pytest.fixture(autouse=True)
def style():
    plt.close("all")  # what a test of something else may have left open
    with plt.rc_context():
        plots.use_style()
        yield
        plt.close("all")


def draw(picture):
    """Render the figure, as a notebook would; pytest turns every warning into an error."""
    figure = (picture[0] if isinstance(picture, list) else picture).figure
    figure.canvas.draw()
    return figure


def canvas(ax):
    return np.asarray(ax.images[0].get_array())


X = torch.linspace(-3, 3, 50)
PICTURES = {
    "images": lambda: dgm.show_images(torch.rand(23, 1, 8, 8), 10, "Samples"),
    "one image": lambda: dgm.show_images(torch.rand(1, 1, 28, 28)),
    "many images": lambda: dgm.show_images(torch.rand(100, 8, 8), 25),
    "completions": lambda: dgm.show_images(torch.rand(4, 1, 8, 8), 4, "a", known=torch.rand(1, 1, 8, 8) < 0.5),
    "gallery": lambda: dgm.show_gallery({"a": torch.rand(9, 1, 8, 8), "b": torch.rand(3, 1, 8, 8)}, 4, "Both"),
    "curve": lambda: dgm.show_curve([0.5, 0.4], "Loss", {"independent": 0.397}, unit="nats per pixel"),
    "curves": lambda: dgm.show_curve({"a": [0.5, 0.4], "b": torch.rand(5)}),
    "one epoch": lambda: dgm.show_curve([1.0]),
    "map": lambda: dgm.show_map(torch.rand(9, 11) < 0.5, (6, 5), "Seen", torch.rand(9, 11) < 0.5),
    "values": lambda: dgm.show_map(torch.rand(9, 11), (6, 5)),
    "large map": lambda: dgm.show_map(torch.zeros(28, 28, dtype=torch.bool), (27, 0)),
    "masks": lambda: dgm.show_matrices({"W1": torch.ones(10, 6), "W2": torch.zeros(6, 10)}, "Masks"),
    "counts": lambda: dgm.show_matrices({"paths": torch.tensor([[0, 0], [12, 0]])}),
    "signed": lambda: dgm.show_matrices({"Jacobian": torch.randn(5, 5)}),
    "density": lambda: dgm.show_density(X, {"truth": X.sigmoid(), "fit": X.exp()}, "KL", samples=torch.randn(30)),
    "histogram": lambda: dgm.show_histogram(torch.linspace(0, 1, 11), torch.rand(10), "H", (X, X.sigmoid())),
    "bars": lambda: dgm.show_bars({"data": [0.2, 0.8], "model": torch.tensor([0.3, 0.7])}, "ab", "MLE"),
    "lines": lambda: dgm.show_lines(X, {"a": X, "b": -X}, "L", "x", "nats", points={"best": (0, 0)}),
    "logarithmic": lambda: dgm.show_lines([1, 10, 100], {"error": [1, 0.1, 0.01]}, log="xy"),
    "sequences": lambda: dgm.show_sequences(dgm.period_sequences(5), "Bits", 11),
    "prediction": lambda: dgm.show_prediction(dgm.period_sequences(1)[0], torch.rand(64), "P", 11),
}


@pytest.mark.parametrize("name", PICTURES)
def test_it_draws_without_a_warning(name):
    draw(PICTURES[name]())
    assert len(plt.get_fignums()) == 1
    width, height = plt.gcf().get_size_inches()
    assert 1.5 < width < 10 and 0.9 < height < 10


@pytest.mark.parametrize("name", PICTURES)
def test_it_fits_into_the_figure(name):
    figure = draw(PICTURES[name]())
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 > -0.05 and box.y0 > -0.05 and box.x1 < width + 0.05 and box.y1 < height + 0.05


def test_drawing_needs_no_gradient_and_leaves_the_tensor():
    weights = torch.randn(3, 3, requires_grad=True)
    draw(dgm.show_matrices({"w": weights}))
    draw(dgm.show_curve(torch.ones(3, requires_grad=True)))
    assert weights.requires_grad


def test_every_image_is_on_the_canvas_in_its_place():
    images = torch.zeros(3, 1, 2, 2)
    images[2, 0, 1, 0] = 1
    pixels = canvas(dgm.show_images(images, columns=2))
    assert pixels.shape == (2 * 3 + 1, 2 * 3 + 1, 3)
    ink = (pixels == rgb(INK)).all(-1)
    assert np.argwhere(ink).tolist() == [[3 + 1 + 1, 0 + 1]]


def test_filled_pixels_are_orange_and_given_ones_are_not():
    known = torch.tensor([[True, False], [True, False]])
    pixels = canvas(dgm.show_images(torch.ones(1, 1, 2, 2), known=known))[1:3, 1:3]
    assert (pixels[:, 0] == rgb(INK)).all() and (pixels[:, 1] == rgb(FILLED_INK)).all()


def test_the_curve_shows_losses_baselines_and_the_unit():
    ax = dgm.show_curve([3.0, 2.0], baseline={"chance": 2.5}, unit="nats per pixel")
    assert ax.lines[0].get_xydata().tolist() == [[1, 3], [2, 2]]
    assert ax.get_ylabel() == "nats per pixel"
    assert "chance: 2.500" in [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_map_counts_what_is_seen_and_what_is_blind():
    seen = torch.zeros(4, 4, dtype=torch.bool)
    seen[0, :3] = True
    legend = dgm.show_map(seen, (1, 1), blind=~seen).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["seen (3)", "blind (13)", "the pixel (1, 1)"]


def test_what_a_pixel_never_sees_has_a_colour_of_its_own():
    seen, never = torch.zeros(4, 4, dtype=torch.bool), torch.zeros(4, 4, dtype=torch.bool)
    seen[0, :3], never[0, 3] = True, True
    ax = dgm.show_map(seen, (1, 1), blind=~seen, never=never)
    assert [text.get_text() for text in ax.get_legend().get_texts()][:3] == ["seen (3)", "never (1)", "not yet (12)"]
    picture = ax.images[0]
    colours = picture.cmap(picture.norm(picture.get_array()))
    assert len({tuple(colours[place]) for place in ((0, 0), (0, 3), (3, 3))}) == 3


def test_pictures_can_stand_beside_each_other():
    figure, axes = plt.subplots(1, 2)
    assert dgm.show_images(torch.rand(4, 1, 8, 8), 2, ax=axes[0]) is axes[0]
    assert dgm.show_map(torch.rand(4, 4), ax=axes[1]) is axes[1]
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize(
    ("draw_it", "message"),
    [
        (lambda: dgm.show_images(torch.rand(3, 3, 8, 8)), r"shape \(N, 1, H, W\)"),
        (lambda: dgm.show_images(torch.rand(0, 1, 8, 8)), "N at least 1"),
        (lambda: dgm.show_images(torch.rand(2, 1, 8, 8), columns=0), "columns"),
        (lambda: dgm.show_images(torch.rand(2, 1, 8, 8), known=torch.ones(3, 1, 8, 8)), "known"),
        (lambda: dgm.show_gallery({}), "groups is empty"),
        (lambda: dgm.show_matrices({}), "matrices is empty"),
        (lambda: dgm.show_map(torch.rand(3)), r"\(H, W\)"),
        (lambda: dgm.show_map(torch.rand(3, 3) < 2, never=torch.ones(2, 2)), "`never` must have the shape"),
        (lambda: dgm.show_histogram([0, 1], [1, 1]), "K \\+ 1 edges"),
        (lambda: dgm.show_bars({"a": [1], "b": [1, 2]}), "same number of bars"),
        (lambda: dgm.show_prediction(torch.zeros(3), torch.zeros(4)), "same shape"),
    ],
)
def test_what_cannot_be_shown_gets_a_sentence(draw_it, message):
    with pytest.raises(ValueError, match=message):
        draw_it()
