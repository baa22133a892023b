"""Runs, quiet stretches and drift: closed forms and enumeration against the code, and simulated logs against both."""

from datetime import date
from itertools import product

import numpy as np
import pytest

from offercast.decisions.luck import (
    chance_moved,
    chance_of_few,
    chance_of_run,
    longest_run,
    recent_answers,
    sent_in_order,
    trend,
)
from offercast.decisions.slope import MIDDLE_SD, regress
from offercast.evidence import gather
from offercast.history.records import Application, Event, History
from offercast.inference import Posterior
from offercast.inference.waits import logistic, silent_parts
from offercast.ladder import Ladder

AS_OF = date(2026, 3, 31)


def every_outcome(chances: list[float]) -> list[tuple[tuple[bool, ...], float]]:
    """All sequences of successes with their probabilities."""
    return [
        (outcome, float(np.prod([p if hit else 1 - p for p, hit in zip(chances, outcome, strict=True)])))
        for outcome in product([False, True], repeat=len(chances))
    ]


@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_runs_and_counts_agree_with_enumeration(length: int) -> None:
    chances = [0.1, 0.5, 0.3, 0.9, 0.02, 0.4, 0.25]
    expected = sum(p for outcome, p in every_outcome(chances) if longest_run(outcome)[0] >= length)
    assert chance_of_run(np.array([chances]), length) == pytest.approx(expected, abs=1e-12)
    few = sum(p for outcome, p in every_outcome(chances) if sum(outcome) <= length)
    assert chance_of_few(np.array([chances]), length) == pytest.approx(few, abs=1e-12)


def test_draws_are_averaged_and_not_the_rates() -> None:
    two = np.array([[0.1] * 10, [0.9] * 10])
    each = [chance_of_run(two[d : d + 1], 5) for d in (0, 1)]
    assert chance_of_run(two, 5) == pytest.approx(np.mean(each))
    assert chance_of_run(two, 5) != pytest.approx(chance_of_run(two.mean(axis=0, keepdims=True), 5), abs=0.01)


def test_a_run_of_equal_chances_has_its_closed_form() -> None:
    """Feller's recurrence: u(n) = u(n-1) + (1 - u(n - r - 1)) p q^r."""
    p, r, n = 0.2, 4, 30
    u = np.zeros(n + 1)
    u[r] = (1 - p) ** r
    for k in range(r + 1, n + 1):
        u[k] = u[k - 1] + (1 - u[k - r - 1]) * p * (1 - p) ** r
    assert chance_of_run(np.full((1, n), p), r) == pytest.approx(u[n], abs=1e-12)


def history_of(ladder: Ladder, *rows: tuple[int, int | None, str]) -> History:
    """Applications by age in days, days until something, and what that was."""
    found = []
    for number, (age, waited, what) in enumerate(rows):
        sent = date.fromordinal(AS_OF.toordinal() - age)
        events = [Event("applied", sent)]
        if waited is not None:
            events.append(Event(what, date.fromordinal(sent.toordinal() + waited)))
        found.append(Application(str(number), "A", "cold", tuple(events)))
    return History(ladder, tuple(found))


def test_applications_stand_in_the_order_of_their_days(ladder: Ladder) -> None:
    history = history_of(
        ladder, (10, None, ""), (50, 5, "response"), (50, 9, "rejected"), (90, 3, "withdrawn"), (40, 12, "offer")
    )
    posterior = Posterior.from_chances({"A": {}}, evidence=gather(history, as_of=AS_OF))
    sent = sent_in_order(history, posterior, as_of=AS_OF)
    assert sent.age.tolist() == [90, 50, 50, 40, 10]
    assert sent.moved.tolist() == [False, True, False, True, False]
    assert sent.watched.tolist() == [3, 50, 50, 40, 10]  # who withdrew can no longer be seen to move on


def test_what_was_sent_today_cannot_have_moved_yet(ladder: Ladder) -> None:
    history = history_of(ladder, (0, None, ""), (170, None, ""))
    posterior = Posterior.from_chances({"A": {"applied->response": 0.3}}, evidence=gather(history, as_of=AS_OF))
    sent = sent_in_order(history, posterior, as_of=AS_OF)
    old, new = chance_moved(posterior, sent, sent.watched)[0]
    assert new == 0.0
    assert old == pytest.approx(0.3, abs=0.01)


def test_the_answers_expected_are_those_that_come(ladder: Ladder, typical_search) -> None:
    """Simulated: the mean of what came in the last weeks, given who was still silent before, is what is expected."""
    observed, expected, few = [], [], []
    for number in range(200):
        history, posterior = typical_search(number)
        found = recent_answers(posterior, sent_in_order(history, posterior, as_of=AS_OF), days=56)
        observed.append(found.observed)
        expected.append(found.expected)
        few.append(found.chance_so_few)
    difference = np.array(observed) - np.array(expected)
    assert abs(difference.mean()) < 3.5 * difference.std() / np.sqrt(200)
    assert np.mean(np.array(few) <= 0.1) <= 0.15  # discrete, so at most its level, give or take chance


@pytest.fixture(name="typical_search")
def _typical_search(ladder: Ladder):
    """A search of 40 whose rates are known: its log, and the posterior that is sure of them."""

    def search(number: int) -> tuple[History, Posterior]:
        rng = np.random.default_rng([7, number])
        certain = Posterior.from_chances({"A": {"applied->response": 0.3}}, told_no=0.5)
        step = ladder.step_index["applied"]
        at = {k: float(certain.flat(f"{k}_log_days")[0, 0, step]) for k in ("advance", "no")}
        shape = {k: float(np.exp(certain.flat(f"{k}_log_shape")[0, step])) for k in ("advance", "no")}
        rows = []
        for _ in range(40):
            age = int(rng.integers(0, 120))
            kind = "advance" if rng.random() < 0.3 else "no" if rng.random() < 0.5 else ""
            wait = 1e9
            while kind and wait > 180:
                u = rng.random()
                wait = np.exp(at[kind]) * (u / (1 - u)) ** shape[kind]
            days = int(np.ceil(wait - 0.5)) if kind else 10**6
            rows.append((age, days if days <= age else None, "response" if kind == "advance" else "rejected"))
        history = history_of(ladder, *rows)
        evidence = gather(history, as_of=AS_OF)
        return history, Posterior(certain.draws, evidence, certain.model, "by hand", certain.health)

    return search


def test_the_grid_agrees_with_importance_sampling() -> None:
    """The same posterior by 400,000 draws from the prior, weighed by the likelihood."""
    rng = np.random.default_rng(3)
    n, sd = 30, 1.0
    x, base = rng.uniform(-0.5, 0.5, n), np.full(n, -1.0)
    outcome = rng.choice([0, 1, 2], size=n, p=[0.3, 0.3, 0.4])
    told_no, yes, no = (np.full(n, value) for value in (0.4, 0.6, 0.3))
    found = regress(base, x, outcome, (told_no, yes, no), slope_sd=sd)
    a, b = MIDDLE_SD * rng.standard_normal(400_000), sd * rng.standard_normal(400_000)
    log = np.zeros(a.size)
    for i in range(n):
        p = logistic(base[i] + a + b * x[i])
        log += np.log([p, 1 - p, np.add(*silent_parts(p, told_no[i], yes[i], no[i]))][outcome[i]])
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    error = np.sqrt(np.sum(weight**2))
    assert found.chance_positive == pytest.approx(float(weight[b > 0].sum()), abs=4 * error)
    assert float(found.weight @ found.slope) == pytest.approx(float(weight @ b), abs=4 * error * sd)
    end = logistic(-1.0 + a + b * 0.5)
    order = np.argsort(end)
    median = end[order][np.searchsorted(np.cumsum(weight[order]), 0.5)]
    assert found.chance_at(0.5).median == pytest.approx(median, abs=0.02)


def test_a_count_stands_for_so_many_rows() -> None:
    nothing = (np.zeros(2),) * 3
    twice = (np.zeros(4),) * 3
    one = regress(
        np.zeros(2), np.array([0.0, 1.0]), np.array([0, 1]), nothing, slope_sd=1.0, count=np.array([2.0, 2.0])
    )
    other = regress(np.zeros(4), np.array([0.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1]), twice, slope_sd=1.0)
    assert one.weight == pytest.approx(other.weight)


def test_a_drift_is_found_in_its_direction_and_silence_is_not_taken_for_one(ladder: Ladder) -> None:
    """The youngest are open because they are young: that is no falling chance."""
    falling = history_of(ladder, *[(170 - i, 5, "response" if i < 20 else "rejected") for i in range(80)])
    young = history_of(
        ladder,
        *[(170 - 2 * i, 30, "response") if i % 3 == 0 else (170 - 2 * i, 30, "rejected") for i in range(70)],
        *[(i, None, "") for i in range(12)],
    )
    for history, low, high in ((falling, 0.99, 1.0), (young, 0.2, 0.8)):
        posterior = Posterior.from_chances({"A": {"applied->response": 0.3}}, evidence=gather(history, as_of=AS_OF))
        found = trend(posterior, sent_in_order(history, posterior, as_of=AS_OF))
        assert found is not None
        assert low <= found.chance_falling <= high
    assert found.first.low < 0.33 < found.first.high


def test_one_day_has_no_trend(ladder: Ladder) -> None:
    history = history_of(ladder, (10, None, ""), (10, 2, "response"))
    posterior = Posterior.from_chances({"A": {}}, evidence=gather(history, as_of=AS_OF))
    assert trend(posterior, sent_in_order(history, posterior, as_of=AS_OF)) is None
