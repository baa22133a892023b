"""`offercast models`: what it prints and writes, what it refuses, and a weight that reaches the fit."""

import json
from pathlib import Path

import pytest

import offercast
from support import command as run

EXAMPLE = str(offercast.example())
EDIT = ("models", "edit", "blueprint", "-o", "my.toml", "--step", "applied->response")


def test_models_are_listed_shown_and_checked() -> None:
    bare, listed = run("models"), run("models", "list")
    assert bare.stdout == listed.stdout
    assert "blueprint" in listed.stdout
    shown = run("models", "show", "blueprint")
    assert "half of the yeses have come after 8 days" in shown.stdout
    checked = json.loads(run("models", "check", "--json", "--tracks", "1").stdout)
    assert checked["schema"] == "offercast/models-check/1"
    assert checked["reach"][-1]["stage"] == "offer"
    wide = json.loads(run("models", "check", "--json", "--tracks", "1", "--prior-weight", "0.25").stdout)
    assert wide["reach"][0]["high_share"] > checked["reach"][0]["high_share"]


def test_an_edited_model_is_written_shown_and_used(tmp_path: Path) -> None:
    """By range, then by counts on top; the comments stay; the copy reads as a model."""
    done = run(*EDIT, "--chance", "0.2", "--between", "0.1", "0.35", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "before  of 100 that get here, about 16 move on" in done.stdout
    assert "now     of 100 that get here, about 20 move on" in done.stdout
    written = offercast.load_model(tmp_path / "my.toml")
    assert written.name == "my"
    assert written.step_prior("applied->response").advance.median == 0.2
    assert written.text.count("#") >= offercast.load_model().text.count("#")
    more = run("models", "edit", "my.toml", "-o", "mine.toml", "--step", "phone->interview", "--counts", "4/9",
               "--year", "2025", "--json", cwd=tmp_path)  # fmt: skip
    assert "count twice" in more.stderr
    body = json.loads(more.stdout)
    assert body["prior"] == "advance"
    assert offercast.load_model(tmp_path / "mine.toml").step_prior("phone->interview").advance.n == 9
    waits = run("models", "edit", "mine.toml", "-o", "waits.toml", "--step", "applied->response", "--answer", "no",
                "--days", "20", "--between", "10", "40", cwd=tmp_path)  # fmt: skip
    assert "half of the noes have come after 20 days" in waits.stdout
    checked = run("models", "check", "waits.toml", cwd=tmp_path)
    assert "WHAT THE PRIORS MEAN TOGETHER: waits" in checked.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("models", "shw"), 2, "No such command 'shw'"),
        (("models", "show", "bluprint"), 2, 'Did you mean "blueprint"'),
        (("models", "check", "nowhere.toml"), 3, "there is no such file"),
        (("models", "check", "--prior-weight", "0"), 2, "must be above 0"),
        (("models", "check", "--plot", "p.png"), 2, "the name of a picture ends in .svg"),
        ((*EDIT,), 2, "give one of --chance, --days and --counts"),
        ((*EDIT, "--chance", "0.2"), 2, "--chance needs its range"),
        ((*EDIT, "--chance", "0.2", "--between", "0.3", "0.4"), 2, "hold 0.2 inside"),
        ((*EDIT, "--counts", "nine/60"), 2, "write M/N, such as 9/60"),
        ((*EDIT, "--counts", "61/60"), 2, "61/60: of how many"),
        ((*EDIT[:-1], "applied->respnse", "--counts", "9/60"), 2, 'Did you mean "applied->response"'),
        (("models", "edit", "blueprint", "-o", "my.txt", "--step", "a", "--counts", "9/60"), 2, "ends in .toml"),
        (("models", "edit", "blueprint", "-o", "no/such/my.toml", "--step", "applied->response", "--counts", "9/60"),
         4, "cannot be written"),
        (("fit", EXAMPLE, "--engine", "independent", "--prior-weight", "-1"), 2, "must be above 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(arguments, code: int, message: str, tmp_path: Path) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("mine")
    refused = run(*EDIT, "--counts", "9/60", cwd=tmp_path)
    assert refused.returncode == 4
    assert "--force" in refused.stderr
    assert (tmp_path / "my.toml").read_text() == "mine"
    assert run(*EDIT, "--counts", "9/60", "--force", "-q", cwd=tmp_path).returncode == 0
    assert "[[priors.steps]]" in (tmp_path / "my.toml").read_text()


def test_a_picture_is_drawn_into_a_file(tmp_path: Path) -> None:
    done = run("models", "check", "--plot", "priors.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "priors.svg").read_text().startswith("<?xml")
    assert run("models", "check", "--plot", "priors.svg", cwd=tmp_path).returncode == 4


def test_the_weight_of_the_priors_reaches_the_fit_and_its_file(tmp_path: Path) -> None:
    """With the closed form the waits are the prior's: half the weight, wider by the square root of two."""
    import numpy as np

    for name, more in (("plain", ()), ("half", ("--prior-weight", "0.5"))):
        done = run("fit", EXAMPLE, "--engine", "independent", "-o", f"{name}.npz", "-q", *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    plain, half = (offercast.load_posterior(tmp_path / f"{name}.npz") for name in ("plain", "half"))
    assert half.model.assumptions.prior_weight == 0.5
    assert half.model.digest != plain.model.digest
    widths = [np.std(p.flat("no_log_days")[:, 0, 1]) for p in (plain, half)]
    assert widths[1] / widths[0] == pytest.approx(np.sqrt(2), rel=0.05)
    again = run("compare", "half.npz", "--prior-weight", "1", cwd=tmp_path)
    assert again.returncode == 2
    assert "--prior-weight belongs to a log" in again.stderr


@pytest.mark.parametrize("name", ["list", "show", "check", "edit"])
def test_each_of_them_helps_with_two_examples(name: str) -> None:
    done = run("models", name, "-h")
    assert " ".join(done.stdout.split()).count(f"offercast models {name}") >= 3, done.stdout
