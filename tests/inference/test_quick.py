"""The quick engine: its proposals are exact for the stand-in, its corrections exact for the model, and it knows when not."""

import importlib
import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from scipy import stats

import offercast
from inference.test_silence import evidence_with
from inference.worlds import hard_logs, logged, search
from offercast.errors import CommandError
from offercast.inference.fit import WANTED_ESS
from offercast.inference.health import Health
from offercast.inference.laplace import expand, find_mode, solve_lower, solve_upper
from offercast.inference.layout import EFFECTS
from offercast.inference.likelihood import Likelihood
from offercast.inference.moves import SharedMove, StepMove, WholeMove
from offercast.inference.quick import CHAINS, WARM_UP, Run, Sampler
from offercast.modelfile import load_model


@pytest.fixture(scope="module")
def likelihood(ladder, model) -> Likelihood:
    evidence = search(ladder, tracks=3, per_week=3, days=120, seed=2, channels={"referral": (0.2, 3.0)})
    return Likelihood(evidence, model)


@pytest.fixture(scope="module")
def laplace(likelihood):
    return find_mode(likelihood)


def joint_precision(laplace, log_scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Precision and linear term of all coordinates given scales, written out without any partition."""
    precision, linear = laplace.expansion.whole
    coordinates = laplace.coordinates
    prior = np.concatenate([coordinates.sd**-2.0, np.exp(-2.0 * log_scale[coordinates.effect])])
    centre = np.concatenate([coordinates.mean, np.zeros(coordinates.effect.size)])
    return precision + np.diag(prior), linear + prior * centre


def test_small_triangular_systems_are_solved() -> None:
    rng = np.random.default_rng(1)
    lower = np.tril(rng.standard_normal((5, 4, 4))) + 3 * np.eye(4)
    right = rng.standard_normal((5, 4))
    assert solve_lower(lower, right) == pytest.approx(np.linalg.solve(lower, right[..., None])[..., 0])
    assert solve_upper(lower, right) == pytest.approx(np.linalg.solve(lower.mT, right[..., None])[..., 0])


def test_the_expansion_is_the_likelihood_to_second_order(likelihood, laplace) -> None:
    """Close to the mode the difference falls with the third power of the distance."""
    expansion = expand(likelihood, laplace.coordinates, laplace.expansion.at)
    direction = np.random.default_rng(1).standard_normal((expansion.at.size, 1))
    base = likelihood.by_step(expansion.at[:, None])
    errors = []
    for size in (0.04, 0.02):
        point = expansion.at[:, None] + size * direction / np.linalg.norm(direction)
        first, second = expansion.terms(point)
        errors.append(np.abs(likelihood.by_step(point) - base - first - second).sum())
    assert errors[0] < 1e-3
    assert 5 < errors[0] / errors[1] < 12


def test_the_mode_is_one(likelihood, laplace) -> None:
    """The gradient of the posterior given the scales is zero there, and so is that of the scales' density."""
    at, coordinates = laplace.expansion.at, laplace.coordinates
    gradient = likelihood.design.T @ likelihood.with_gradient(at[:, None])[1][:, 0]
    gradient[: coordinates.fixed] -= (at[: coordinates.fixed] - coordinates.mean) / coordinates.sd**2
    gradient[coordinates.fixed :] -= at[coordinates.fixed :] * np.exp(-2 * laplace.log_scale[coordinates.effect])
    assert np.abs(gradient).max() < 1e-2
    assert np.abs(laplace.scale_slope(laplace.log_scale[None])).max() < 1e-2


def test_the_density_of_the_scales_is_the_gaussian_integral(laplace) -> None:
    """Up to one constant: log det and quadratic form of the whole precision, and the scales' priors."""
    rng = np.random.default_rng(2)
    sets = laplace.log_scale + 0.5 * rng.standard_normal((4, len(EFFECTS)))
    ours = laplace.scaled_factors(sets)[2]
    plain = []
    for log_scale in sets:
        precision, linear = joint_precision(laplace, log_scale)
        value = 0.5 * linear @ np.linalg.solve(precision, linear) - 0.5 * np.linalg.slogdet(precision)[1]
        value -= np.sum(log_scale[laplace.coordinates.effect])
        value += np.sum(stats.norm(laplace.scale_mean, laplace.scale_sd).logpdf(log_scale))
        plain.append(value)
    assert ours - ours[0] == pytest.approx(np.array(plain) - plain[0], abs=1e-8)


def test_the_slope_of_the_scales_density_is_that_of_differences(laplace) -> None:
    at = laplace.log_scale + 0.3
    step = 1e-5 * np.eye(at.size)
    numeric = (laplace.scaled_factors(at + step)[2] - laplace.scaled_factors(at - step)[2]) / 2e-5
    assert laplace.scale_slope(at[None])[0] == pytest.approx(numeric, abs=1e-5)


def test_whole_moves_have_the_moments_of_the_stand_in(laplace) -> None:
    """Given (nearly) fixed scales, mean and covariance are those of the joint normal."""
    move = WholeMove(laplace, np.random.default_rng(3))
    move.factor = move.factor * 1e-9
    log_scale, points, _ = move.draw(200_000, np.random.default_rng(4))
    precision, linear = joint_precision(laplace, log_scale[:, 0])
    covariance = np.linalg.inv(precision)
    sd = np.sqrt(np.diag(covariance))
    assert np.abs((points.mean(axis=1) - covariance @ linear) / sd).max() < 0.012
    drawn = np.corrcoef(points)
    assert np.abs(drawn - covariance / np.outer(sd, sd)).max() < 0.015
    assert points.std(axis=1) / sd == pytest.approx(np.ones(sd.size), abs=0.012)


@pytest.mark.parametrize("kind", [StepMove, SharedMove])
def test_local_moves_keep_the_stand_in(laplace, kind) -> None:
    """Drawn given the others from points of the joint normal, all coordinates have the joint moments again."""
    rng = np.random.default_rng(5)
    precision, linear = joint_precision(laplace, laplace.log_scale)
    covariance = np.linalg.inv(precision)
    start = rng.multivariate_normal(covariance @ linear, covariance, 60_000).T
    scales = np.repeat(laplace.log_scale[:, None], start.shape[1], axis=1)
    moved = kind(laplace).draw(scales, start, rng)
    own = laplace.coordinates.own.ravel()
    mine = own if kind is StepMove else laplace.coordinates.shared
    others = np.setdiff1d(np.arange(len(start)), mine)
    assert (moved[others] == start[others]).all()
    assert (moved[mine] != start[mine]).all()
    sd = np.sqrt(np.diag(covariance))
    assert np.abs((moved.mean(axis=1) - covariance @ linear) / sd).max() < 0.02
    assert np.abs(np.corrcoef(moved) - covariance / np.outer(sd, sd)).max() < 0.025
    assert moved.std(axis=1) / sd == pytest.approx(np.ones(sd.size), abs=0.02)


def test_local_moves_into_a_stand_in_that_is_the_likelihood_are_all_accepted(likelihood, monkeypatch) -> None:
    """With the expansion for a likelihood, and all of its curvature, nothing is refused but by the scales' proposal."""
    quick = importlib.import_module("offercast.inference.quick")
    monkeypatch.setattr(importlib.import_module("offercast.inference.proposals"), "WHOLE", 1.0)
    monkeypatch.setattr(quick, "STEPS", (1.0,))
    monkeypatch.setattr(quick, "SHARED", (1.0,))
    sampler = Sampler(likelihood, np.random.default_rng(6))
    expansion = sampler.proposals.laplace.expansion
    monkeypatch.setattr(Likelihood, "by_step", lambda _self, points: sum(expansion.terms(points)))
    sampler = Sampler(likelihood, np.random.default_rng(6))
    for _ in range(10):
        before = sampler.state.points.copy()
        sampler._move_near()
        assert ((sampler.state.points != before).any(axis=0)).all()
    weights = np.concatenate([sampler.proposals.log_weight(state) for state in sampler.proposals.draw()])
    assert np.std(weights) < 0.5


@pytest.mark.parametrize("tracks", [("A",), ("A", "B", "C")])
def test_free_moves_alone_keep_the_prior(model, tracks) -> None:
    """Where the evidence tells nothing (silence of no days) their law is the prior's: of levels, contrasts and scales."""
    evidence = evidence_with(model, {(0, 0, 1, 2, 0, 30): 5.0, (0, 0, 2, 2, 0, 30): 1.0}, tracks)
    sampler = Sampler(Likelihood(evidence, model), np.random.default_rng(7))
    coordinates, kept, scales = sampler.coordinates, [], []
    for _ in range(4000):
        sampler._move_freely()
        kept.append(sampler.state.points.copy())
        scales.append(sampler.state.log_scale.copy())
    points, log_scale = np.concatenate(kept, axis=1), np.concatenate(scales, axis=1)
    levels = slice(0, 12)  # two steps with six levels each
    standard = (points[levels] - coordinates.mean[levels, None]) / coordinates.sd[levels, None]
    assert np.abs(standard.mean(axis=1)).max() < 0.06
    assert standard.std(axis=1) == pytest.approx(np.ones(12), abs=0.05)
    if len(tracks) > 1:
        mean, sd = sampler.likelihood.layout.scales
        own = points[coordinates.own[:, 6:].ravel()] * np.exp(-log_scale[1])
        assert own.std(axis=1) == pytest.approx(np.ones(len(own)), abs=0.08)
        assert log_scale.mean(axis=1) == pytest.approx(mean, abs=0.1)
        assert log_scale.std(axis=1) == pytest.approx(sd, abs=0.07)


def test_a_tail_that_the_stand_in_does_not_know_is_found(ladder) -> None:
    """Half answered on the day of applying, half open that evening: fast answers, or certain and slow ones.

    Long NUTS runs give the log median wait the sd 0.28 to 0.36; a run that stays near the mode gives 0.19.
    """
    answered = [("A", "cold", [("applied", 0), ("response", 0)])] * 40
    evidence = logged(ladder, answered + [("A", "cold", [("applied", 0)])] * 40, days=0)
    runs = [Run(evidence, load_model(), seed=seed) for seed in range(2, 14)]
    waits = [run.sample().draws["advance_log_days"][..., 0, 1] for run in runs]
    assert np.std(waits) > 0.23
    assert np.quantile(waits, 0.05) == pytest.approx(-1.2, abs=0.05)


def test_two_thin_tracks_have_the_tails_of_a_long_run(ladder) -> None:
    """Three answers in one track, none in the other: 5 % point of its logit -4.2 by NUTS."""
    rows = [("A", "cold", [("applied", 0), ("response", 3)])] * 3 + [("B", "cold", [("applied", 0)])] * 6
    evidence = logged(ladder, rows, days=10)
    logits = [offercast.fit(evidence, seed=seed).flat("advance_logit")[:, 1, 1] for seed in (2, 3, 4)]
    assert np.quantile(logits, 0.05) == pytest.approx(-4.2, abs=0.2)
    assert np.std(logits) == pytest.approx(1.19, abs=0.1)


@pytest.mark.parametrize("which", range(11))
def test_hard_logs_are_answered(ladder, model, monkeypatch, which: int) -> None:
    """Without the help of another engine, with finite draws, good diagnostics, and no warning."""
    fit = importlib.import_module("offercast.inference.fit")
    monkeypatch.setattr(fit, "_nuts", lambda *_: pytest.fail("the quick engine gave up"))
    name, evidence = list(hard_logs(ladder).items())[which]
    posterior = offercast.fit(evidence, model=model, seed=1)
    assert posterior.engine == "quick"
    assert posterior.health.verdict == "good", (name, posterior.health.faults)
    assert posterior.draws["advance_logit"].shape[:2] == (CHAINS, 64)
    for draws in posterior.draws.values():
        assert np.isfinite(draws).all(), name


@pytest.mark.parametrize("engine", ["quick", pytest.param("nuts", marks=pytest.mark.slow)])
def test_a_chance_with_every_answer_known_is_the_logit_normal_binomial(ladder, model, engine: str) -> None:
    """12 of 40, one track: mean, sd and both 5 % points by quadrature."""
    rows = [("A", "cold", [("applied", 0), ("response", 7), ("withdrawn", 7)])] * 12
    rows += [("A", "cold", [("applied", 0), ("rejected", 7)])] * 28
    steps = [
        msgspec.structs.replace(p, advance=msgspec.structs.replace(p.advance, median=0.5, sd=3.0))
        if p.step == "applied->response"
        else p
        for p in model.priors.steps
    ]
    vague = replace(model, priors=msgspec.structs.replace(model.priors, steps=steps))
    posterior = offercast.fit(logged(ladder, rows), model=vague, engine=engine, seed=3)
    drawn = posterior.advance[:, :, 0, 0, 1].ravel()
    logits = np.linspace(-6, 6, 4001)
    p = 1 / (1 + np.exp(-logits))
    weight = stats.norm(0, 3).pdf(logits) * p**12 * (1 - p) ** 28
    weight /= weight.sum()
    mean = float((weight * p).sum())
    sd = math.sqrt(float((weight * (p - mean) ** 2).sum()))
    error = 4 / math.sqrt(posterior.health.ess_bulk)
    assert drawn.mean() == pytest.approx(mean, abs=error * sd)
    assert drawn.std() == pytest.approx(sd, rel=0.06)
    exact = np.interp([0.05, 0.95], np.cumsum(weight), p)
    assert np.quantile(drawn, [0.05, 0.95]) == pytest.approx(exact, abs=0.1 * sd)


def test_names_of_tracks_do_not_matter(ladder, model) -> None:
    """Relabelled tracks give the same posterior, permuted, to within Monte Carlo error."""
    rows = [("A", "cold", [("applied", i), ("response", i + 5)]) for i in range(8)]
    rows += [("A", "cold", [("applied", i), ("rejected", i + 9)]) for i in range(12)]
    rows += [("B", "cold", [("applied", i), ("rejected", i + 9)]) for i in range(15)]
    swapped = [({"A": "Z", "B": "B"}[track], channel, events) for track, channel, events in rows]
    one = offercast.fit(logged(ladder, rows), model=model, seed=1).flat("advance_logit")[:, :, 1]
    two = offercast.fit(logged(ladder, swapped), model=model, seed=2).flat("advance_logit")[:, ::-1, 1]
    assert one.mean(axis=0) == pytest.approx(two.mean(axis=0), abs=0.12 * one.std(axis=0).max())
    assert one.std(axis=0) == pytest.approx(two.std(axis=0), rel=0.1)


@pytest.mark.parametrize(
    ("figures", "shares"),
    [
        ([200.0, 700.0, WANTED_ESS + 1.0, 5000.0], [1.0, 1.1 * WANTED_ESS / 700 - 1]),  # poor, short, enough
        ([WANTED_ESS - 1.0, WANTED_ESS + 0.0], [0.25]),
    ],
)
def test_it_goes_on_until_there_are_enough_effective_draws(ladder, model, monkeypatch, figures, shares) -> None:
    """A run grows by what is missing (with a margin; by a quarter at least), a poor one is doubled; then it stops."""
    fit = importlib.import_module("offercast.inference.fit")
    evidence = logged(ladder, [("A", "cold", [("applied", i), ("rejected", i + 9)]) for i in range(9)])
    told = iter(figures)
    seen = []

    def diagnose(sample, _derived) -> Health:
        assert sample.parameters.shape[:2] == (CHAINS, 64)
        return Health(1.0, next(told), 5000.0, 0, None, 4096)

    sample = Run.sample
    monkeypatch.setattr(Run, "sample", lambda run: seen.append(run.sweeps) or sample(run))
    monkeypatch.setattr(fit, "diagnose", diagnose)
    assert offercast.fit(evidence, model=model).health.ess_bulk >= WANTED_ESS
    assert len(seen) == len(shares) + 1
    for before, after, share in zip(seen, seen[1:], shares, strict=False):
        assert after == before + int(share * before)


@pytest.mark.parametrize(
    ("tails", "kept", "made"),
    [([0.5], 24, 24), ([0.6, 0.5], 32, 32), ([0.6, 0.6], 32, 64), ([0.7, 0.7], 128, 160), ([0.56, 0.7], 128, 160)],
)
def test_a_heavy_tail_gets_all_of_the_longer_run(likelihood, monkeypatch, tails, kept, made) -> None:
    """How long it is is settled before its first sweep, not by how its own proposals look."""
    told = iter(tails)  # one judgement more would find nothing left
    monkeypatch.setattr(Run, "_tail", lambda _run: next(told))
    monkeypatch.setattr("offercast.inference.quick.OFTEN_ACCEPTED", 1.0)
    run = Run(likelihood.evidence, likelihood.model, seed=1, draws=16)
    assert run.sweeps == kept
    assert len(run.sampler.accepted) == WARM_UP + made


def test_draws_are_taken_evenly_from_the_whole_run(likelihood, monkeypatch) -> None:
    """However long: the last state is the last draw, and none is taken twice."""
    monkeypatch.setattr("offercast.inference.quick.LONGEST", 12)
    run = Run(likelihood.evidence, likelihood.model, seed=1, draws=16)
    lengths = [run.sweeps]
    while run.longer(0.3):
        lengths.append(run.sweeps)
        drawn = run.sample().parameters
        assert drawn.shape[:2] == (CHAINS, 16)
        assert drawn[:, -1, 0] == pytest.approx(run.sampler.state.points[0])
        assert (np.diff(drawn, axis=1) != 0).any(axis=(0, 2)).all()
    assert lengths[0] in (24, 32)
    assert 0.9 * 32 * 12 < lengths[-1] <= 32 * 12  # two sweeps a draw, twelve times


def test_where_it_cannot_another_engine_takes_over_and_it_is_said(ladder, model, monkeypatch) -> None:
    fit = importlib.import_module("offercast.inference.fit")
    evidence = logged(ladder, [("A", "cold", [("applied", 0)])])
    by_hand = offercast.Posterior.from_chances({"A": {}})

    def sample(*_, **__):
        from offercast.inference.sample import Sample

        return Sample(by_hand.draws, np.zeros((1, 4, 1)), "nutpie")

    def diagnose(found, _derived) -> Health:
        return Health(1.2 if found.sampler != "nutpie" else 1.0, 4e3, 4e3, 0, None, 4096)

    monkeypatch.setattr(fit, "diagnose", diagnose)
    monkeypatch.setattr("offercast.inference.quick.LONGEST", 2)
    monkeypatch.setattr("offercast.inference.nuts.sample_nuts", sample)
    posterior = offercast.fit(evidence, model=model)
    assert posterior.engine == "nuts"
    assert posterior.sampler == "nutpie, after quick, whose checks failed: R-hat 1.200 (limit 1.01)"


def test_numbers_out_of_range_are_refused(likelihood) -> None:
    evidence = likelihood.evidence
    for options, told in (
        ({"draws": 3}, "draws = 3: give at least 16"),
        ({"draws": -5, "engine": "independent"}, "draws = -5"),
        ({"chains": 0, "engine": "nuts"}, "chains = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"sampler": "pymc"}, 'a sampler is chosen for the engine "nuts" only'),
    ):
        with pytest.raises(CommandError, match=told):
            offercast.fit(evidence, **options)
    with pytest.raises(CommandError, match="another ladder"):
        offercast.fit(replace(evidence, channels=evidence.channels[::-1]))


def test_the_same_seed_gives_the_same_run(likelihood) -> None:
    evidence, model = likelihood.evidence, likelihood.model
    one, two, other = (Run(evidence, model, seed=s, draws=16).sample() for s in (1, 1, 2))
    assert np.array_equal(one.parameters, two.parameters)
    assert not np.array_equal(one.parameters, other.parameters)
