"""The quick engine against the reference posteriors: long NUTS runs on six fixed logs."""

from dataclasses import replace

import numpy as np
import pytest

import offercast
from offercast.modelfile import models_folder
from offercast.trust.reference import distance, read_reference, summarise

FILES = sorted((models_folder() / "reference").glob("*.json"))
SLOWLY = {"eight_tracks", "no_rejections"}


def test_there_are_three_real_shaped_and_three_hard_ones() -> None:
    said = [read_reference(path)[2] for path in FILES]
    assert sum("adversarial" in s["description"] for s in said) >= 3
    assert sum("adversarial" not in s["description"] for s in said) >= 3
    for s in said:
        assert s["diagnostics"]["r_hat"] < 1.005
        assert min(s["diagnostics"]["ess_bulk"], s["diagnostics"]["ess_tail"]) > 4000
        assert s["diagnostics"]["divergences"] < 0.005 * s["chains"] * s["draws_per_chain"]
        assert s["checks"]


def test_they_are_of_the_model_file_as_it_is(model) -> None:
    """A changed prior makes the references wrong: make them anew with benchmarks/make_references.py."""
    for path in FILES:
        assert read_reference(path)[2]["model_sha256"] == model.digest, path.name


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow if path.stem in SLOWLY else ()) for path in FILES],
    ids=lambda path: path.stem,
)
def test_the_quick_engine_gives_the_same_posterior(path) -> None:
    """Means within 0.1 sd and 5 % points within 0.15 sd, both beyond Monte Carlo error; offers within 2 %."""
    evidence, reference, _ = read_reference(path)
    posterior = offercast.fit(evidence, draws=192, seed=5)
    assert posterior.engine == "quick"
    assert posterior.health.r_hat < 1.01
    assert min(posterior.health.ess_bulk, posterior.health.ess_tail) > 1000
    found = distance(posterior, reference)
    assert found.mean < 0.1, found
    assert found.quantiles < 0.15, found
    assert found.offer_chance < 0.02 + offer_error(posterior), found


def offer_error(posterior: offercast.Posterior) -> float:
    """Three relative Monte Carlo errors of a mean offer chance, the largest of the tracks."""
    drawn = posterior.offer_chance().reshape(-1, len(posterior.tracks))
    return float(np.max(3 * drawn.std(axis=0) / drawn.mean(axis=0)) / np.sqrt(posterior.health.ess_bulk))


def test_a_wrong_posterior_is_far_from_its_reference(model) -> None:
    """A prior half as wide, and draws shifted by a fifth of their sd, are both noticed."""
    (path,) = [path for path in FILES if path.stem == "one_track"]
    evidence, reference, _ = read_reference(path)
    posterior = offercast.fit(evidence, seed=5)
    logits = posterior.draws["advance_logit"]
    shifted = replace(posterior, draws={**posterior.draws, "advance_logit": logits + 0.2 * logits.std(axis=(0, 1))})
    assert distance(shifted, reference).mean > 0.1
    narrow = replace(
        posterior,
        draws={
            **posterior.draws,
            "advance_logit": logits.mean(axis=(0, 1)) + 0.7 * (logits - logits.mean(axis=(0, 1))),
        },
    )
    assert distance(narrow, reference).quantiles > 0.15


def test_the_errors_of_a_summary_are_those_of_repeated_runs(example_posterior) -> None:
    """Over many sets of independent draws the sd of mean and 5 % point is what one set says of itself."""
    rng = np.random.default_rng(1)
    shape = example_posterior.draws["advance_logit"].shape
    means, lows, said = [], [], None
    for _ in range(60):
        draws = {**example_posterior.draws, "advance_logit": rng.standard_normal(shape)}
        found = summarise(replace(example_posterior, draws=draws))
        at = found.names.index("advance_logit[Sales Engineer, applied->response]")
        means.append(found.mean[at])
        lows.append(found.low[at])
        said = (found.error_mean[at], found.error_low[at])
    assert np.std(means) == pytest.approx(said[0], rel=0.3)
    assert np.std(lows) == pytest.approx(said[1], rel=0.4)
