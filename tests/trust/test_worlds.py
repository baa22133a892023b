"""Simulated logs against the model card, the evidence rules, and the likelihood, none of which shares code with them."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from offercast.evidence import EDGES, gather
from offercast.trust import DESIGNS, Design, draw_rates, simulate_log
from offercast.trust.calibration import SimulateSearch, make_case
from offercast.trust.worlds import AS_OF, CHANNELS, EXACT_DAYS


def drawn(model, tracks: int = 3, size: int = 40_000, seed: int = 1):
    return draw_rates(model, tracks=tracks, rng=np.random.default_rng(seed), size=size)


def logit(p):
    return np.log(p) - np.log1p(-p)


def test_worlds_follow_the_priors(model) -> None:
    """Medians and sds of one track's numbers, and the scales between tracks."""
    rates = drawn(model, tracks=1)
    for s, step in enumerate(model.ladder.steps):
        prior = model.step_prior(step.id)
        at = logit(rates.advance[:, 0, 0, s])
        assert np.median(at) == pytest.approx(logit(prior.advance.median), abs=0.03)
        assert at.std() == pytest.approx(prior.advance.sd, rel=0.02)
        assert np.log(rates.no_days[:, 0, s]).std() == pytest.approx(prior.no_wait.sd, rel=0.02)
        assert np.median(rates.yes_days[:, 0, s]) == pytest.approx(prior.advance_wait.median, rel=0.03)
        spread = np.median(rates.yes_shape[:, s]) * np.pi / np.sqrt(3)
        assert spread == pytest.approx(prior.advance_wait.spread, rel=0.02)
    for i, effect in enumerate(("advance", "advance_step", "told_no", "delay")):
        prior = model.scale_prior(effect)
        assert np.median(rates.scale[:, i]) == pytest.approx(prior.median, rel=0.03)
        assert np.log(rates.scale[:, i]).std() == pytest.approx(prior.log_sd, rel=0.02)


def test_tracks_differ_as_normals_with_a_sum_of_zero(model) -> None:
    """With K tracks the variance of one is scale^2 (1 - 1/K); the mean over tracks is that of a single track."""
    rates = drawn(model)
    h = logit(rates.told_no[:, :, 1])
    off = (h - h.mean(axis=1, keepdims=True)) / rates.scale[:, 2:3]
    assert off.var(axis=0) == pytest.approx([2 / 3] * 3, rel=0.03)
    assert h.mean(axis=1).std() == pytest.approx(model.step_prior("applied->response").told_no.sd, rel=0.02)


def test_what_the_seeker_decides_has_no_share_in_what_employers_do(model) -> None:
    rates = drawn(model, size=200)
    own = model.ladder.step_index["offer"]
    assert np.ptp(rates.told_no[:, :, own], axis=1).max() < 1e-9
    assert np.ptp(rates.yes_days[:, :, own], axis=1).max() < 1e-9
    assert np.ptp(rates.advance[:, :, :, own], axis=2).max() == 0.0  # no channel acts on it
    assert np.ptp(rates.advance[:, :, 0, own], axis=1).max() > 0.01  # but tracks differ


@pytest.mark.parametrize("design", DESIGNS, ids=lambda d: d.name)
def test_every_design_gives_the_applications_it_says(model, design: Design) -> None:
    rng = np.random.default_rng(3)
    case = make_case(draw_rates(model, tracks=3, rng=rng), design, model, rng=rng)
    assert case.evidence.applications == sum(design.sent)
    assert case.evidence.tracks == design.tracks
    assert case.history.last_date is None or case.history.last_date <= AS_OF
    used = {a.channel for a in case.history.applications}
    assert used <= {"cold", *(channel for channel, _ in CHANNELS)}


def test_nothing_is_split_or_widened_where_the_design_is_exact(model) -> None:
    """Every count is whole, and no window of an answer reaches beyond what could be seen."""
    exact = next(design for design in DESIGNS if design.exact)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        case = make_case(draw_rates(model, tracks=3, rng=rng), exact, model, rng=rng)
        assert all(count == round(count) for count in case.evidence.cells.values())
    assert {day + 0.5 for day in EXACT_DAYS} <= set(EDGES)


def test_a_third_of_the_answers_is_pending_where_the_design_says_so(model) -> None:
    design, out, all_ = DESIGNS[1], 0, 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        rates = draw_rates(model, tracks=3, rng=rng)
        now = make_case(rates, design, model, rng=np.random.default_rng(seed)).evidence.counts()[:, 1]
        rng = np.random.default_rng(seed)
        later = replace(design, ages=tuple(range(200, 200 + len(design.ages))))
        ever = make_case(rates, later, model, rng=rng).evidence.counts()[:, 1]
        out += ever[:, :2].sum() - now[:, :2].sum()
        all_ += ever[:, :2].sum()
    assert 0.25 < out / all_ < 0.45


def test_a_second_chance_leaves_the_evidence_as_it_is(model) -> None:
    """A no that was taken back is noted and not counted."""
    plain = Design("plain", (40, 40, 40))
    rates = draw_rates(model, tracks=3, rng=np.random.default_rng(1))
    case = make_case(rates, replace(plain, reopened=1.0), model, rng=np.random.default_rng(2))
    assert case.evidence.second_chances > 0
    noes = {e.id for e in model.ladder.exits if e.means == "no"}
    kept = tuple(
        replace(a, events=tuple(e for i, e in enumerate(a.events) if e.kind not in noes or i + 1 == len(a.events)))
        for a in case.history.applications
    )
    without = gather(replace(case.history, applications=kept), as_of=AS_OF, tracks=plain.tracks, inertia=False)
    assert without.cells == case.evidence.cells
    assert without.second_chances == 0


def test_the_future_of_a_log_is_kept_apart(model) -> None:
    """With certain and slow answers every application sent yesterday brings an offer later."""
    rates = draw_rates(model, tracks=1, rng=np.random.default_rng(1))
    sure = replace(rates, advance=np.ones_like(rates.advance))
    log = simulate_log(sure, Design("d", (5,), ages=(1,)), model.ladder, rng=np.random.default_rng(1))
    logged = sum(e.kind == "offer" for a in log.history.applications for e in a.events)
    assert len(log.coming) + logged == 5
    assert all(days > 0 for days in log.coming)
    assert {a.events[0].on for a in log.history.applications} == {AS_OF - timedelta(days=1)}


def test_truth_and_draws_are_made_of_the_same_quantities(model) -> None:
    truth, case = SimulateSearch(model)(np.random.default_rng(1))
    assert len(truth) >= 20
    assert all(np.isfinite(value) for value in truth.values())
    assert case.half.applications == (case.evidence.applications + 1) // 2
