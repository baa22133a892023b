"""Posterior predictive checks: calibrated on data from the model, and awake to data that it cannot have made."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from offercast.evidence.bins import EDGES, FOREVER, averaged_silence, wait_window
from offercast.inference import Posterior
from offercast.inference.predictive import FEWEST, predictive_checks, two_sided, upper
from offercast.inference.waits import cdf, quantile
from offercast.modelfile import parse_model

P, W, YES, NO, SHAPE, H = 0.3, 0.6, 8.0, 14.0, 0.55, 180.0
STEP = 1


def known(draws: int = 600) -> Posterior:
    """A posterior that is sure of the truth at the first step."""
    by_hand = Posterior.from_chances({"A": {"applied->response": P}}, told_no=W, draws=draws)
    at = {name: array.copy() for name, array in by_hand.draws.items()}
    at["advance_log_days"][..., STEP], at["no_log_days"][..., STEP] = np.log(YES), np.log(NO)
    at["advance_log_shape"][..., STEP] = at["no_log_shape"][..., STEP] = np.log(SHAPE)
    at["scale"] = 0.3 + 1e-9 * np.random.default_rng(1).random(at["scale"].shape)  # sampled, as far as one can see
    return replace(by_hand, draws=at)


def log_of(rng: np.random.Generator, n: int = 120, *, wait=None) -> dict:
    """Cells of one log: every application followed for 1 to 120 days; `wait` replaces the model's waits."""
    cells: Counter = Counter()
    for _ in range(n):
        followed = int(rng.integers(1, 121))
        yes = rng.random() < P
        answered = yes or rng.random() < W
        median = YES if yes else NO
        days = quantile(rng.random(), np.log(median), SHAPE, H) if wait is None else wait(rng)
        day = int(np.floor(days + 0.5))
        if answered and day <= followed:
            cells[0, 0, STEP, int(not yes), *wait_window(day, day)] += 1
        else:
            for edge, weight in averaged_silence(followed, followed).items():
                cells[0, 0, STEP, 2, edge, FOREVER] += weight
    return dict(cells)


def checks_of(posterior: Posterior, cells: dict, seed: int = 1):
    return predictive_checks(replace(posterior, evidence=replace(posterior.evidence, cells=cells)), seed=seed)


def test_data_from_the_model_give_uniform_p_values() -> None:
    """The truth known, 150 logs: each measure's p-values have mean 1/2 and are uniform; few logs are flagged."""
    rng, posterior = np.random.default_rng(7), known()
    logs = [checks_of(posterior, log_of(rng), seed) for seed in range(150)]
    for i, measure in enumerate(check.measure for check in logs[0]):
        p = [log[i].p for log in logs]
        assert np.mean(p) == pytest.approx(0.5, abs=0.08), measure
        assert stats.kstest(p, "uniform").pvalue > 0.002, measure
    flagged = np.mean([any(check.extreme for check in log) for log in logs])
    assert flagged < 0.1


def test_expected_counts_are_those_at_risk_times_the_hazard() -> None:
    """Bin by bin: 400 at risk up to day 5, then 280, after day 9 the 112 that stay silent to the end."""
    five, nine = wait_window(5, 5), wait_window(9, 9)
    cells = {(0, 0, STEP, 0, *five): 120.0, (0, 0, STEP, 1, *nine): 168.0,
             (0, 0, STEP, 2, FOREVER - 1, FOREVER): 112.0}  # fmt: skip
    moved = next(check for check in checks_of(known(4000), cells) if check.measure == "moved on")
    edges = np.unique(np.minimum(EDGES, H))
    yes, no = (np.diff(cdf(edges, np.log(m), SHAPE, H)) for m in (YES, NO))
    start = 1 - np.concatenate([[0.0], np.cumsum(P * yes + (1 - P) * W * no)[:-1]])
    assert EDGES[five[1]] == 5.5
    assert EDGES[nine[1]] == 9.5
    at_risk = np.where(edges[1:] <= 5.5, 400, np.where(edges[1:] <= 9.5, 280, 112))
    assert moved.observed == 120.0
    assert moved.expected == pytest.approx(float((at_risk * P * yes / start).sum()), rel=0.01)


def test_one_bin_by_hand() -> None:
    """Nobody is followed beyond day 0: the expected number is n times the chance of the first half day."""
    edge = wait_window(0, 0)
    cells = {(0, 0, STEP, 0, *edge): 30.0, (0, 0, STEP, 1, *edge): 10.0, (0, 0, STEP, 2, edge[1], FOREVER): 160.0}
    by_measure = {check.measure: check for check in checks_of(known(1500), cells)}
    first = P * float(cdf(0.5, np.log(YES), SHAPE, H))
    assert by_measure["moved on"].expected == pytest.approx(200 * first, rel=0.1)
    assert by_measure["moved on"].extreme  # thirty where one or two are due


@pytest.mark.parametrize(
    ("wait", "name"),
    [
        (lambda _: 3.0, "all answers on day 3"),
        (lambda rng: 1.0 if rng.random() < 0.5 else 60.0, "two humps"),
    ],
)
def test_waits_that_the_model_cannot_have_made_are_flagged(wait, name: str) -> None:
    found = checks_of(known(), log_of(np.random.default_rng(3), 200, wait=wait))
    assert any(check.extreme and check.measure.startswith("waits") for check in found), name


def test_an_undated_answer_is_placed_by_the_model() -> None:
    """Half of the answers without a date: nothing is flagged, and every one is counted."""
    rng = np.random.default_rng(5)
    cells: Counter = Counter()
    for (k, c, s, outcome, low, high), count in log_of(rng, 160).items():
        where = (low, high) if outcome == 2 or rng.random() < 0.5 else wait_window(0, 120)
        cells[k, c, s, outcome, *where] += count
    found = checks_of(known(), dict(cells))
    assert not any(check.extreme for check in found)
    moved = next(check for check in found if check.measure == "moved on")
    assert moved.observed == pytest.approx(sum(n for cell, n in cells.items() if cell[3] == 0))


def test_the_lognormal_family_is_checked_by_its_own_law(model) -> None:
    """Replicates of a log-logistic truth are not those of a lognormal posterior with a far narrower law."""
    lognormal = parse_model(model.text.replace('delay_family = "log-logistic"', 'delay_family = "lognormal"'))
    narrow = replace(known(), model=lognormal)
    narrow.draws["no_log_shape"][..., STEP] = np.log(0.2)
    found = checks_of(narrow, log_of(np.random.default_rng(3), 200))
    assert any(check.extreme and check.measure == "waits for a no" for check in found)
    wide = replace(known(), model=lognormal)
    for name in ("advance_log_shape", "no_log_shape"):
        wide.draws[name][..., STEP] = np.log(SHAPE * np.pi / np.sqrt(3))  # the same sd in log days
    assert not any(check.extreme for check in checks_of(wide, log_of(np.random.default_rng(3), 200)))


def test_few_answers_and_other_engines_are_not_checked() -> None:
    cells = {(0, 0, STEP, 1, *wait_window(3, 3)): FEWEST - 1.0}
    assert checks_of(known(), cells) == ()
    assert predictive_checks(Posterior.from_chances({"A": {}})) == ()


def test_the_p_values_count_ties_by_half() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.binomial(3, 0.5, 200_000), rng.binomial(3, 0.5, 200_000)
    assert upper(one, other) == pytest.approx(0.5, abs=0.005)
    assert two_sided(np.full(4, 9.0), np.arange(4.0)) == two_sided(np.full(4, -9.0), np.arange(4.0)) == 0.0
    assert two_sided(np.full(8, 0.5), np.arange(8.0)) == two_sided(np.full(8, 6.5), np.arange(8.0)) == 0.25


def test_the_example_fits(example_posterior) -> None:
    assert not any(check.extreme for check in predictive_checks(example_posterior))


@pytest.mark.parametrize("wait", [lambda _: 3.0, lambda rng: 1.0 if rng.random() < 0.5 else 60.0])
def test_a_fit_to_such_waits_is_still_flagged(wait) -> None:
    """The posterior bends towards the data, within its priors: not far enough to hide them."""
    import offercast

    evidence = replace(known().evidence, cells=log_of(np.random.default_rng(3), 200, wait=wait), sent=200)
    found = predictive_checks(offercast.fit(evidence, seed=1))
    assert any(check.extreme for check in found)


def test_a_fit_to_data_from_the_model_is_not_flagged() -> None:
    import offercast

    evidence = replace(known().evidence, cells=log_of(np.random.default_rng(4), 200), sent=200)
    assert not any(check.extreme for check in predictive_checks(offercast.fit(evidence, seed=1)))
