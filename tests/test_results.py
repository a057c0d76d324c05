"""`make results`: training that goes on after an interruption, what is measured and refused, the page it writes."""

import json
import math
import shutil
from dataclasses import replace

import pytest
import small_results as sr
import torch
from torch import nn

from autograder.course import load_course
from solutions.hw5.scores import fid
from solutions.results import __main__ as command
from solutions.results import features, harness, page, suite
from solutions.results.data import binarised, drawn, levelled, rounded
from solutions.results.entry import BITS, FID, JUDGED, NATS, Data, Judge, Limits, Player, Quantity, per_image
from solutions.results.harness import ResultsError
from solutions.results.suite import MODELS


@pytest.fixture(scope="module")
def stripes():
    return sr.stripes()


# --- what homeworks say -------------------------------------------------------------------------------------------


def test_models_and_data_sets_are_told_apart_by_their_names():
    ids = {homework.id for homework in load_course().homeworks}
    assert set(suite.MODULES) <= ids and {"hw1", "hw2"} <= set(suite.MODULES)
    models = [name for module in suite.MODULES.values() for name in module.MODELS]
    sets = {entry.data.name: entry.data for entry in MODELS.values()}
    assert len(set(models) | set(sets)) == len(models) + len(sets), "their pictures would overwrite each other"
    assert all(sets[entry.data.name] is entry.data for entry in MODELS.values())
    for name, entry in MODELS.items():
        assert entry.headline in entry.quantities, name
        assert {quantity.kind for quantity in entry.quantities.values()} <= {"exact", "bound", "estimate"}, name


def test_no_model_beats_the_coin_flips():
    grey = torch.full((200, 1, 4, 4), 0.3)
    limits = binarised(grey, grey).limits[NATS]
    entropy = -16 * (0.3 * math.log(0.3) + 0.7 * math.log(0.7))
    assert limits.floor == pytest.approx(entropy, rel=1e-5)
    assert limits.ceiling == pytest.approx(entropy, rel=0.05)  # here pixels are independent
    assert binarised(grey, grey, 50, "known").limits[NATS].floor_is == "known"
    assert binarised(grey, grey, 50, "known").limits[NATS].floor == 50


@pytest.mark.parametrize("value", [9.9, 20.1, math.nan])
def test_implausible_values_are_refused(value):
    limits = {BITS: Limits(10, 20, "the floor", "the ceiling")}
    with pytest.raises(ResultsError, match="some model: .* bits per dimension cannot be right"):
        harness.require_plausible("some model", value, BITS, limits)
    harness.require_plausible("some model", 15, BITS, limits)
    with pytest.raises(ResultsError, match="do not say what is plausible in nats per image"):
        harness.require_plausible("some model", 15, NATS, limits)


# --- training -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pixelcnn", "iwae"])
def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(name, stripes, tmp_path):
    train = [name, MODELS[name], stripes, 30, 0]
    whole, effort = harness.train(*train, tmp_path / "whole", sr.Ticks())
    with pytest.raises(KeyboardInterrupt):
        harness.train(*train, tmp_path / "parts", sr.Ticks(stop=18))
    state = torch.load(tmp_path / "parts" / f"{name}.pt", weights_only=True)
    assert state["step"] == 10  # the last checkpoint before the interruption
    resumed, again = harness.train(*train, tmp_path / "parts", sr.Ticks())
    assert again == effort
    assert torch.equal(sr.weights(resumed), sr.weights(whole))


def test_a_finished_run_is_not_trained_on(stripes, tmp_path):
    train = ["made", MODELS["made"], stripes, 5, 0, tmp_path]
    first, effort = harness.train(*train, sr.Ticks())
    second, again = harness.train(*train, sr.Ticks(stop=2))
    assert again == effort and torch.equal(sr.weights(first), sr.weights(second))


def test_a_checkpoint_of_other_settings_is_not_used(stripes, tmp_path):
    made = ["made", MODELS["made"], stripes]
    harness.train(*made, 5, 0, tmp_path, sr.Ticks())
    _, effort = harness.train(*made, 8, 0, tmp_path, sr.Ticks())
    assert effort["steps"] == 8
    clean, _ = harness.train(*made, 8, 0, tmp_path / "clean", sr.Ticks())
    reused, _ = harness.train(*made, 8, 0, tmp_path, sr.Ticks())
    assert torch.equal(sr.weights(clean), sr.weights(reused))


def test_the_seed_decides(stripes, tmp_path):
    folders = [(seed, tmp_path / str(i)) for i, seed in enumerate((0, 0, 1))]
    runs = [harness.train("vae", MODELS["vae"], stripes, 4, seed, at, sr.Ticks())[0] for seed, at in folders]
    assert torch.equal(sr.weights(runs[0]), sr.weights(runs[1]))
    assert not torch.equal(sr.weights(runs[0]), sr.weights(runs[2]))


class Game(nn.Module):
    """A number that follows the labels, and a critic that follows the number; the average of the number is kept."""

    def __init__(self):
        super().__init__()
        self.number, self.critic = nn.Parameter(torch.zeros(())), nn.Parameter(torch.zeros(()))
        self.register_buffer("average", torch.zeros(()))


def game(**fields):
    """Two players on images with labels, all labels 3; the headline is in bits, beside a distance without an error."""

    def keep_average(model):
        model.average.lerp_(model.number.detach(), 0.1)

    def measured(model, data, generator):
        bits = per_image(lambda m, batch, g: {"bits": (m.number - batch[1]).square()}, 3)(model, data, generator)
        return {**bits, "distance": (abs(model.critic.item() - 3), None)}

    players = (
        Player(lambda m, batch, g: (m.critic - m.number).square(), 0.1, lambda m: [m.critic], turns=2),
        Player(lambda m, batch, g: (m.number - batch[1]).square().mean(), 0.2, lambda m: [m.number], betas=(0.0, 0.9)),
    )
    quantities = {"bits": Quantity("a number", "estimate", BITS), "distance": Quantity("d", "estimate", "distance")}
    wanted = {
        "build": lambda data: Game(), "players": players, "measure": measured, "quantities": quantities,
        "headline": "bits", "after_step": keep_average, "batch_size": 4, "grid": (1, 2), "title": "A game",
        "sample": lambda model, count, data, generator: torch.rand(count, 1, data.side, data.side, generator=generator),
    }  # fmt: skip
    return replace(MODELS["made"], **(wanted | fields))


@pytest.fixture
def labelled():
    images, labels = torch.rand(10, 1, 2, 2), torch.full((10,), 3.0)
    limits = {BITS: Limits(-1, 9.5, "f", "c"), "distance": Limits(-1, 9.5, "f", "c")}
    return Data(10, lambda rows, generator: (images[rows], labels[rows]), (images, labels), limits)


def test_two_players_take_turns_and_each_moves_its_own_part(labelled, tmp_path):
    model, effort = harness.train("game", game(), labelled, 1, 0, tmp_path, sr.Ticks())
    assert effort == {"steps": 1, "images": 12, "cpu_seconds": 1.0}
    # Adam's first step is the learning rate; the critic came first, twice, and the number was where it began: at 0.
    assert model.critic.item() == 0
    assert model.number.item() == pytest.approx(0.2 / harness.WARM_UP, rel=1e-4)
    assert model.average.item() == pytest.approx(0.02 / harness.WARM_UP, rel=1e-4)
    whole, _ = harness.train("game", game(), labelled, 200, 0, tmp_path / "whole", sr.Ticks())
    with pytest.raises(KeyboardInterrupt):
        harness.train("game", game(), labelled, 200, 0, tmp_path / "parts", sr.Ticks(stop=100))
    parts, _ = harness.train("game", game(), labelled, 200, 0, tmp_path / "parts", sr.Ticks())
    assert abs(whole.number.item() - 3) < 0.2 and abs(whole.critic.item() - 3) < 0.3
    assert torch.equal(sr.weights(parts), sr.weights(whole)) and torch.equal(parts.average, whole.average)


def test_a_loss_that_is_not_finite_stops_the_run(labelled, tmp_path):
    broken = Player(lambda m, batch, g: m.critic * math.nan, 0.1, lambda m: [m.critic])
    with pytest.raises(ResultsError, match="the loss became .*nan.* in step 0"):
        harness.train("game", game(players=(game().players[1], broken)), labelled, 3, 0, tmp_path, sr.Ticks())
    assert not list(tmp_path.iterdir())


# --- measuring and the page ---------------------------------------------------------------------------------------


def test_measured_per_image_are_the_mean_and_its_error(labelled):
    model = Game()
    labelled.test[1].copy_(torch.arange(10.0))
    squares = torch.arange(10.0).square()
    values = game().measure(model, replace(labelled), torch.Generator())
    assert values["bits"] == pytest.approx((squares.mean().item(), squares.std().item() / math.sqrt(10)))


def test_what_is_measured_is_what_was_declared(labelled):
    fewer = game(quantities={"bits": Quantity("a number", "exact", BITS)})
    with pytest.raises(ResultsError, match="measured bits, distance, but declared bits"):
        harness.measure("game", fewer, Game(), labelled, 0)


@pytest.fixture(scope="module")
def written():
    """Grey images of two kinds, a bar across or a bar down, in noise, and which kind each is."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(400) % 2
    images = 0.3 * torch.rand(400, 1, 8, 8, generator=generator)
    images[labels == 0, :, 3:5] += 0.6
    images[labels == 1, :, :, 3:5] += 0.6
    return levelled(images[:300], images[300:]), labels


def test_the_classifier_reads_what_it_was_taught(written):
    data, labels = written
    model = features.classifier(data, labels[:300], steps=40)
    assert (model(data.images).argmax(1) == labels[300:]).float().mean() > 0.95
    with torch.no_grad():  # as when a model is measured
        again = features.classifier(data, labels[:300], steps=40)
    assert torch.equal(sr.weights(model), sr.weights(again))


def test_the_judge_measures_between_the_features_of_pixels(written):
    data, labels = written
    judge = features.judge(data, labels[:300], rounded, steps=40)
    net = features.classifier(data, labels[:300], steps=40).features
    images = torch.rand(50, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    levels = (images * 16).round() / 16
    expected = fid(net(levels).double(), net(data.images).double()).item()
    assert judge.distance(images, torch.Generator()) == pytest.approx(expected)
    limits = judge.limits
    assert "300 training images come to " in limits.floor_is
    assert limits.ceiling > 10 * float(limits.floor_is.split()[-1]), "pixels that are independent are no bars"


def test_shuffled_pixels_keep_their_histograms_and_lose_their_company():
    images = torch.arange(200.0).view(200, 1, 1, 1).expand(200, 1, 2, 2)
    mixed = features.shuffled(images, torch.Generator().manual_seed(0)).flatten(1)
    assert torch.equal(mixed.sort(0).values, images.flatten(1))
    assert (torch.corrcoef(mixed.T).triu(1).abs() < 0.25).all()


def test_pixels_are_drawn_and_levels_rounded():
    grey = torch.full((4000, 1, 1, 1), 0.3)
    bits = drawn(grey, torch.Generator().manual_seed(0))
    assert set(bits.unique().tolist()) == {0, 1} and bits.mean().item() == pytest.approx(0.3, abs=0.03)
    assert torch.equal(drawn(bits, torch.Generator()), bits)
    assert torch.equal(
        rounded(torch.tensor([0.0, 0.03, 0.04, 1.0]), torch.Generator()) * 16, torch.tensor([0, 0, 1, 16])
    )


LOOSE = Limits(0, 10, "f", "c")


def test_what_judges_samples_gets_them_all(labelled):
    """The FID is measured where it is declared, of 2000 samples."""
    seen = []
    data = replace(labelled, judge=lambda: Judge(lambda images, _: seen.append(len(images)) or 1.5, LOOSE))
    entry = game(quantities={**game().quantities, **JUDGED})
    assert harness.measure("game", entry, Game(), data, 0)[FID] == (1.5, None)
    assert seen == [features.SAMPLES] == [2000]
    with pytest.raises(ResultsError, match="game: measured bits, distance, but declared bits, distance, FID"):
        harness.measure("game", entry, Game(), labelled, 0)  # which have no judge
    with pytest.raises(ResultsError, match="FID cannot be right"):
        harness.measure("game", entry, Game(), replace(data, judge=lambda: Judge(lambda *_: 11.0, LOOSE)), 0)


def test_all_samples_of_a_chapter_are_judged_in_one_table(labelled, tmp_path):
    """Whoever has no other number stands only there."""
    results = tmp_path / "measured"
    data = replace(labelled, judge=lambda: Judge(lambda *_: 1.5, LOOSE))
    own = replace(MODELS["made"].data, name="toy", title="Toys", intro="Games.", notes=())
    both = game(data=own, quantities={**game().quantities, **JUDGED})
    alone = game(data=own, measure=lambda *_: {}, quantities=JUDGED, headline=FID, title="A gamble")
    models = {
        "both": both,
        "alone": alone,
        "later": replace(alone, title="Later"),
        "other": replace(both, title="Other"),
    }
    for name in ("both", "alone"):
        harness.run(name, models[name], data, 0.01, 0, tmp_path / "checkpoints", results)
    page.write_page(tmp_path / "PAGE.md", results, models, [])
    bits, distances = (tmp_path / "PAGE.md").read_text().split("Samples beside test images")
    assert "A game" in bits and "A gamble" not in bits and "1.50" not in bits
    table = [line for line in distances.splitlines() if line.startswith("|")][2:5]
    assert [line.split("|")[1].strip() for line in table] == ["A game", "A gamble", "Later"]
    assert [line.split("|")[-2].strip() for line in table] == ["1.50", "1.50", "not measured yet"]


def test_each_unit_has_a_table_and_a_value_in_another_one_says_so(labelled, tmp_path):
    results = tmp_path / "measured"
    own = replace(MODELS["made"].data, name="toy", title="Toys", intro="Two units.", notes=("A note.",))
    models = {"game": game(data=own), "nats": replace(MODELS["made"], data=own)}
    harness.run("game", models["game"], labelled, 0.01, 0, tmp_path / "checkpoints", results)
    page.write_page(tmp_path / "PAGE.md", results, models, ["The end."])
    text = (tmp_path / "PAGE.md").read_text()
    assert "| measured, bits per dimension | published |" in text
    assert "| measured, nats per image | bits per pixel | published |" in text
    record = json.loads((results / "game.json").read_text())
    (bits, error), (distance, none) = record["values"]["bits"], record["values"]["distance"]
    assert none is None
    cell = f"**a number {bits:.2f} ± {error:.2f}**, estimate<br>d {distance:.2f}, distance, estimate"
    assert f"| {cell} | none |" in text
    assert "| MADE (homework 1) | | | | | not measured yet | | none |" in text
    assert "between -1.00 bits per dimension (f) and 9.50 (c)" in text
    assert text.index("## Toys") < text.index("* A note.") < text.index("* The end.") < text.index("measured/game.png")


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch, tmp_path, stripes):
    """The command on small images, in folders of its own."""
    easy = sr.limited(stripes, ceiling=40)  # which an untrained model is below
    monkeypatch.setattr(command, "_loaded", lambda data_set: easy)
    monkeypatch.setattr(command, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(command, "PAGE", tmp_path / "RESULTS.md")
    threads = torch.get_num_threads()
    yield tmp_path
    torch.set_num_threads(threads)


def test_the_command_measures_once(small, capsys):
    assert command.main(["--model", "made", "--budget", "0.2"]) == 0
    record = json.loads((small / "results" / "made.json").read_text())
    assert record["test_images"] == 16 and record["steps"] > 0 and record["cpu_seconds"] >= 0.2
    page = (small / "RESULTS.md").read_text()
    assert f"{record['values']['NLL'][0]:.2f} ±" in page
    assert f"| {MODELS['pixelcnn'].published.value:.2f} |" in page
    assert page.count("not measured yet") == len(MODELS) - 1  # also of those that stand only in the table of distances
    assert "results/made.png" in page and (small / "results" / "made.png").exists()
    assert "results/vae.png" not in page

    assert command.main(["--model", "made", "--budget", "0.2"]) == 0
    assert "measured already" in capsys.readouterr().out
    assert json.loads((small / "results" / "made.json").read_text()) == record
    assert command.main(["--model", "made", "--budget", "0.2", "--fresh"]) == 0
    assert "measured already" not in capsys.readouterr().out


def test_a_leak_is_not_recorded(small, stripes, monkeypatch, capsys):
    hard = sr.limited(stripes, floor=40.0, ceiling=50.0)
    monkeypatch.setattr(command, "_loaded", lambda data_set: hard)
    assert command.main(["--model", "made", "--budget", "0.2"]) == 1
    assert "look for a leak" in capsys.readouterr().err
    assert not (small / "results" / "made.json").exists()


@pytest.mark.parametrize("arguments", [["--budget", "0"], ["--budget", "601"], ["--model", "nobody"]])
def test_wrong_usage(small, arguments):
    with pytest.raises(SystemExit) as stop:
        command.main(arguments)
    assert stop.value.code == 2


def test_missing_data_are_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DGM_DATA", str(tmp_path))
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results")
    assert command.main([]) == 1
    assert "make data" in capsys.readouterr().err


def test_the_page_in_the_repository_shows_the_records_beside_it(tmp_path):
    """Nobody has edited a number, and no picture is missing or large."""
    shutil.copytree(command.RESULTS, tmp_path / "results" / "measured")
    page.write_page(tmp_path / "RESULTS.md", tmp_path / "results" / "measured", MODELS, suite.NOTES)
    assert (tmp_path / "RESULTS.md").read_text() == command.PAGE.read_text()
    measured = {name for name in MODELS if (command.RESULTS / f"{name}.json").exists()}
    assert {"made", "pixelcnn", "wavenet", "vae", "iwae"} <= measured  # the others' rows say "not measured yet"
    for name in measured:
        entry, record = MODELS[name], json.loads((command.RESULTS / f"{name}.json").read_text())
        assert record["settings"] == harness.settings(entry, record["settings"]["budget"], record["settings"]["seed"])
        assert list(record["values"]) == list(entry.quantities)
        assert 0 < (command.RESULTS / f"{name}.png").stat().st_size < 150_000
    for data in page.data_sets(MODELS.values()):
        assert 0 < (command.RESULTS / f"{data.name}.png").stat().st_size < 150_000


def test_the_list_needs_no_data_and_names_every_homework(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DGM_DATA", str(tmp_path))
    assert command.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(MODELS)


@pytest.mark.parametrize("labels", [False, True])
def test_the_test_images_become_a_picture(labels, labelled, stripes, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "RESULTS", tmp_path)
    own = replace(MODELS["made"].data, name="own", load=lambda: labelled if labels else stripes)
    assert command._loaded(own).side == (2 if labels else 6)
    assert (tmp_path / "own.png").read_bytes().startswith(b"\x89PNG")
