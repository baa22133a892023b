"""The NumPy likelihood equals the PyMC model's density, written apart from it, and its gradient is right."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from inference.test_silence import CELLS, evidence_with, plain_log_density
from inference.worlds import hard_logs, search
from offercast.inference.layout import EFFECTS
from offercast.inference.likelihood import Likelihood
from offercast.modelfile import ModelFile

FAMILIES = ("log-logistic", "lognormal")


def with_family(model: ModelFile, family: str) -> ModelFile:
    return replace(model, assumptions=msgspec.structs.replace(model.assumptions, delay_family=family))


def random_points(likelihood: Likelihood, size: int, seed: int = 3, spread: float = 0.4) -> np.ndarray:
    coordinates = likelihood.coordinates
    at = np.concatenate([coordinates.mean, np.zeros(coordinates.effect.size)])
    return at[:, None] + spread * np.random.default_rng(seed).standard_normal((at.size, size))


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_the_density_written_out_cell_by_cell(model, family: str) -> None:
    """Differences of the log likelihood between points; the priors of the plain density are taken away."""
    chosen = with_family(model, family)
    evidence, empty = evidence_with(chosen, CELLS), evidence_with(chosen, {})
    likelihood = Likelihood(evidence, chosen)
    points = random_points(likelihood, 4)
    ours = likelihood.by_step(points).sum(axis=0)
    layout = likelihood.layout
    for i in range(4):
        vector = np.concatenate([block.mean.ravel() for block in layout.blocks])
        vector[likelihood.coordinates.places] = points[:, i]
        point = {block.name: vector[layout.slices[block.name]].reshape(block.mean.shape) for block in layout.blocks}
        point["log_tau"] = np.zeros(len(EFFECTS))
        plain = plain_log_density(evidence, chosen, point) - plain_log_density(empty, chosen, point)
        assert ours[i] == pytest.approx(plain, rel=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_is_that_of_differences(model, ladder, family: str) -> None:
    likelihood = Likelihood(search(ladder, tracks=3, per_week=4, days=90, seed=1), with_family(model, family))
    point = random_points(likelihood, 1)
    gradient = likelihood.design.T @ likelihood.with_gradient(point)[1][:, 0]
    step = 1e-5 * np.eye(point.size)
    numeric = (likelihood.by_step(point + step) - likelihood.by_step(point - step)).sum(axis=0) / 2e-5
    assert gradient == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_knows_every_kind_of_cell(model, family: str) -> None:
    """Among them silence beyond the horizon, which no search of ninety days holds."""
    likelihood = Likelihood(evidence_with(model, CELLS), with_family(model, family))
    for seed in range(3):
        point = random_points(likelihood, 1, seed=seed)
        gradient = likelihood.design.T @ likelihood.with_gradient(point)[1][:, 0]
        step = 1e-5 * np.eye(point.size)
        numeric = (likelihood.by_step(point + step) - likelihood.by_step(point - step)).sum(axis=0) / 2e-5
        assert gradient == pytest.approx(numeric, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_far_from_anything_plausible_it_is_still_a_number(model, ladder, family: str) -> None:
    for name, evidence in hard_logs(ladder).items():
        if not evidence.cells:
            continue
        likelihood = Likelihood(evidence, with_family(model, family))
        for spread in (1.0, 3.0, 10.0):
            value, slope = likelihood.with_gradient(random_points(likelihood, 50, spread=spread))
            assert np.isfinite(value).all(), name
            assert (value <= 1e-9).all(), name
            assert np.isfinite(slope).all(), name


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("log_shape", [0.0, -3.0, -600.0])
def test_waits_beyond_any_number_are_never_likely(model, ladder, family: str, log_shape: float) -> None:
    """Where no chance of an end by the horizon can be written down: never better than waits that are merely too long.

    A rare long step of the engine once found answers certain there.
    """
    likelihood = Likelihood(search(ladder, tracks=1, per_week=4, days=90, seed=1), with_family(model, family))
    middle = likelihood.coordinates.mean
    advance_no = likelihood.coordinates.own[:, [2, 4]].ravel()
    points = np.repeat(middle[:, None], 3, axis=1)
    for i, log_days in enumerate((6.0, 1e3, 1e4)):
        points[advance_no, i] = log_days
        points[advance_no + 1, i] = log_shape if i else middle[advance_no + 1]
    too_long, *beyond = likelihood.by_step(points).sum(axis=0)
    assert max(beyond) < too_long - 100


def test_a_cell_that_tells_nothing_changes_nothing(model) -> None:
    """Silence of no days at all has the probability 1."""
    before = Likelihood(evidence_with(model, CELLS), model)
    after = Likelihood(evidence_with(model, {**CELLS, (0, 0, 1, 2, 0, 30): 5.0}), model)
    points = random_points(before, 3)
    assert after.by_step(points) == pytest.approx(before.by_step(points), rel=1e-14)


def test_each_step_has_its_own_share(model) -> None:
    """The likelihoods of the steps add up to that of all, and a step's cells touch no other step."""
    whole = Likelihood(evidence_with(model, CELLS), model)
    points = random_points(whole, 2)
    for position, step in enumerate(whole.counts.steps):
        only = {cell: count for cell, count in CELLS.items() if cell[2] == step}
        part = Likelihood(evidence_with(model, only), model)
        places = [list(whole.coordinates.places).index(place) for place in part.coordinates.places]
        assert part.by_step(points[places])[0] == pytest.approx(whole.by_step(points)[position], rel=1e-12)
