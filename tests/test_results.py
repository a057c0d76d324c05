"""`make results`: the likelihoods it reports, training that goes on after an interruption, the page it writes."""

import itertools
import json
import math

import pytest
import torch

from solutions import results, results_page
from solutions.results import REFERENCES, ResultsError, Task

AUTOREGRESSIVE = {
    "made": (results.made, results.made_nll, results.made_logit),
    "pixelcnn": (results.pixelcnn, results.pixelcnn_nll, results.pixelcnn_logit),
    "wavenet": (results.wavenet, results.wavenet_nll, results.wavenet_logit),
}


@pytest.fixture(scope="module")
def stripes():
    """Grey 6 x 6 images: the rows above are bright, those below are bright or dark, each as a whole."""
    generator = torch.Generator().manual_seed(3)
    bright = torch.rand(64, 1, 6, 1, generator=generator).round().expand(64, 1, 6, 6).clone()
    bright[:, :, :3] = 1
    grey = 0.1 + 0.8 * bright
    return results.task_from(grey[:48], grey[48:])


class Ticks:
    """A clock that gains a second whenever it is read, and is interrupted at a chosen reading."""

    def __init__(self, stop=math.inf):
        self.now, self.stop = 0, stop

    def __call__(self):
        self.now += 1
        if self.now >= self.stop:
            raise KeyboardInterrupt
        return float(self.now)


def build(name, side, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return AUTOREGRESSIVE[name][0](side)


def weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


# --- likelihoods --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", AUTOREGRESSIVE)
def test_likelihood_sums_to_one_over_all_images(name):
    images = torch.tensor(list(itertools.product((0.0, 1.0), repeat=9))).view(-1, 1, 3, 3)
    with torch.no_grad():
        nll = AUTOREGRESSIVE[name][1](build(name, 3), images)
    assert nll.std() > 1e-3, "a uniform model would pass whatever the likelihood is"
    assert torch.logsumexp(-nll.double(), 0).item() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("name", AUTOREGRESSIVE)
def test_samples_are_drawn_from_the_conditionals_that_are_measured(name):
    """The sampler's logits, from the part of an image that it looks at, are those of the likelihood at full size."""
    model, (_, nll, logit) = build(name, 28), AUTOREGRESSIVE[name]
    x = torch.rand(2, 1, 28, 28, generator=torch.Generator().manual_seed(1)).round()
    logits_of = {
        "made": lambda: model(x.flatten(1)).diff(dim=2)[:, :, 0],
        "pixelcnn": lambda: model.logits(x).flatten(1),
        "wavenet": lambda: model(x.flatten(1).long()).diff(dim=1)[:, 0],
    }
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.5)  # so that pixels far away count
        logits = logits_of[name]()
        bits = torch.nn.functional.binary_cross_entropy_with_logits(logits, x.flatten(1), reduction="none")
        assert torch.allclose(bits.sum(1), nll(model, x), rtol=1e-4)
        for row, column in [(0, 0), (3, 9), (10, 27), (11, 0), (13, 5), (26, 1), (26, 2), (27, 27)]:
            place = 28 * row + column
            drawn_so_far = torch.where(torch.arange(784).view(28, 28) < place, x, 0)
            assert torch.allclose(logit(model, drawn_so_far, row, column), logits[:, place], atol=1e-5), (row, column)


def test_log_weights_are_the_densities_of_torch_distributions():
    torch.manual_seed(0)
    model = results.vae(4)
    x = torch.rand(5, 1, 4, 4).round()
    found = results.log_weights(model, x, 7, torch.Generator().manual_seed(2))
    mean, log_std = model.encode(x.flatten(1))
    q = torch.distributions.Normal(mean, log_std.exp())
    z = mean + log_std.exp() * torch.randn(7, *mean.shape, generator=torch.Generator().manual_seed(2))
    prior = torch.distributions.Normal(torch.zeros_like(z), 1)
    likelihood = torch.distributions.Bernoulli(logits=model.decode(z))
    wanted = likelihood.log_prob(x.flatten(1).expand(7, 5, 16)).sum(-1) + (prior.log_prob(z) - q.log_prob(z)).sum(-1)
    assert found.shape == (7, 5)
    assert torch.allclose(found, wanted, atol=1e-4)


def test_the_bounds_are_ordered(stripes):
    torch.manual_seed(0)
    values = results.measure("vae", results.vae(6), Task(stripes.train, stripes.test, 0, 1e3), seed=0)
    (tight, _), (elbo, error) = values[f"-L_{results.DRAWS}"], values["-ELBO"]
    assert tight < elbo and error > 0


def test_no_model_beats_the_coin_flips():
    grey = torch.full((200, 1, 4, 4), 0.3)
    task = results.task_from(grey, grey)
    entropy = -16 * (0.3 * math.log(0.3) + 0.7 * math.log(0.7))
    assert task.floor == pytest.approx(entropy, rel=1e-5)
    assert task.ceiling == pytest.approx(entropy, rel=0.05)  # here pixels are independent
    assert results.task_from(grey, grey, lowest=50).floor == 50


@pytest.mark.parametrize("nats", [9.9, 20.1, math.nan])
def test_implausible_values_are_refused(nats):
    task = Task(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 2, 2), floor=10, ceiling=20)
    with pytest.raises(ResultsError, match="some model"):
        results.require_plausible("some model", nats, task)
    results.require_plausible("some model", 15, task)


# --- training -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFERENCES)
def test_training_learns(name, stripes, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "WARM_UP", 1)
    reference = REFERENCES[name]

    def loss(model):
        with torch.no_grad():
            return reference.loss(model, stripes.test, torch.Generator().manual_seed(0)).item()

    early, _ = results.train(name, stripes, 1, 0, tmp_path / "early", Ticks())
    late, effort = results.train(name, stripes, 40, 0, tmp_path / "late", Ticks())
    assert effort == {"steps": 40, "images": 40 * reference.batch_size, "cpu_seconds": 40.0}
    assert loss(late) < loss(early) - 1


@pytest.mark.parametrize("name", ["pixelcnn", "iwae"])
def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(name, stripes, tmp_path):
    whole, effort = results.train(name, stripes, 30, 0, tmp_path / "whole", Ticks())
    with pytest.raises(KeyboardInterrupt):
        results.train(name, stripes, 30, 0, tmp_path / "parts", Ticks(stop=18))
    state = torch.load(tmp_path / "parts" / f"{name}.pt", weights_only=True)
    assert state["step"] == 10  # the last checkpoint before the interruption
    resumed, again = results.train(name, stripes, 30, 0, tmp_path / "parts", Ticks())
    assert again == effort
    assert torch.equal(weights(resumed), weights(whole))


def test_a_finished_run_is_not_trained_on(stripes, tmp_path):
    first, effort = results.train("made", stripes, 5, 0, tmp_path, Ticks())
    second, again = results.train("made", stripes, 5, 0, tmp_path, Ticks(stop=2))
    assert again == effort and torch.equal(weights(first), weights(second))


def test_a_checkpoint_of_other_settings_is_not_used(stripes, tmp_path):
    results.train("made", stripes, 5, 0, tmp_path, Ticks())
    _, effort = results.train("made", stripes, 8, 0, tmp_path, Ticks())
    assert effort["steps"] == 8
    clean, _ = results.train("made", stripes, 8, 0, tmp_path / "clean", Ticks())
    reused, _ = results.train("made", stripes, 8, 0, tmp_path, Ticks())
    assert torch.equal(weights(clean), weights(reused))


def test_the_seed_decides(stripes, tmp_path):
    runs = [results.train("vae", stripes, 4, seed, tmp_path / str(i), Ticks())[0] for i, seed in enumerate((0, 0, 1))]
    assert torch.equal(weights(runs[0]), weights(runs[1]))
    assert not torch.equal(weights(runs[0]), weights(runs[2]))


# --- the command and the page -------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch, tmp_path, stripes):
    """The command on small images, in folders of its own."""
    easy = Task(stripes.train, stripes.test, stripes.floor, ceiling=40)  # which an untrained model is below
    monkeypatch.setattr(results, "mnist_task", lambda: easy)
    monkeypatch.setattr(results, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    threads = torch.get_num_threads()
    yield tmp_path
    torch.set_num_threads(threads)


def test_the_command_measures_once(small, capsys):
    assert results.main(["--model", "made", "--budget", "0.2"]) == 0
    record = json.loads((small / "results" / "made.json").read_text())
    assert record["test_images"] == 16 and record["steps"] > 0 and record["cpu_seconds"] >= 0.2
    page = (small / "RESULTS.md").read_text()
    assert f"{record['values']['NLL'][0]:.2f} ±" in page and "88.40" in page
    assert page.count("not measured yet") == len(REFERENCES) - 1
    assert "results/made.png" in page and (small / "results" / "made.png").exists()
    assert "results/vae.png" not in page

    assert results.main(["--model", "made", "--budget", "0.2"]) == 0
    assert "measured already" in capsys.readouterr().out
    assert json.loads((small / "results" / "made.json").read_text()) == record
    assert results.main(["--model", "made", "--budget", "0.2", "--fresh"]) == 0
    assert "measured already" not in capsys.readouterr().out


def test_a_leak_is_not_recorded(small, stripes, monkeypatch, capsys):
    hard = Task(stripes.train, stripes.test, floor=40, ceiling=50)
    monkeypatch.setattr(results, "mnist_task", lambda: hard)
    assert results.main(["--model", "made", "--budget", "0.2"]) == 1
    assert "too good to be true" in capsys.readouterr().err
    assert not (small / "results" / "made.json").exists()


@pytest.mark.parametrize("arguments", [["--budget", "0"], ["--budget", "601"], ["--model", "gan"]])
def test_wrong_usage(small, arguments):
    with pytest.raises(SystemExit) as stop:
        results.main(arguments)
    assert stop.value.code == 2


def test_missing_data_are_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("DGM_DATA", str(tmp_path))
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results")
    assert results.main([]) == 1
    assert "make data" in capsys.readouterr().err


def test_every_reference_has_its_published_figure():
    assert list(results_page.PUBLISHED) == list(REFERENCES)


def test_the_page_in_the_repository_shows_the_records_beside_it(tmp_path):
    """Nobody has edited a number, and no picture is missing or large."""
    results_page.write_page(tmp_path / "RESULTS.md", results.RESULTS, list(REFERENCES))
    assert (tmp_path / "RESULTS.md").read_text() == results.PAGE.read_text()
    for name in REFERENCES:
        record = json.loads((results.RESULTS / f"{name}.json").read_text())
        assert record["settings"] == results.settings(name, record["settings"]["budget"], record["settings"]["seed"])
        assert 0 < (results.RESULTS / f"{name}.png").stat().st_size < 150_000
