"""Decisions against the truth: the referee by hand and on small worlds; with -m slow, that right ones pass and faults fail."""

from dataclasses import replace

import numpy as np
import pytest

import offercast
from offercast.decisions import Worth
from offercast.decisions.offer import Advice
from offercast.trust.baselines import no_pooling, with_chances
from offercast.trust.decided import (
    ADVANCES,
    ANSWERS,
    BEST,
    CLAIMS,
    OFFERED,
    PAIR,
    PLAN,
    Judged,
    JudgeSearch,
    Record,
    Winner,
    equal_tracks,
    three_times_apart,
)
from offercast.trust.following import FIRST, LOOK_ON, RULE, RULES, TAKE, draw_offers, worths
from offercast.trust.futures import offers_to_come
from offercast.trust.parallel import in_order
from offercast.trust.rates import rates_of
from offercast.trust.worlds import Design, draw_rates, simulate_log

SMALL = Design("small", (5, 10, 15), ages=tuple(range(91)))


def baseline(evidence, *, model, engine, seed):
    """In the place of an engine: the closed form."""
    return offercast.fit(evidence, model=model, engine="independent", seed=seed, chains=2, draws=150)


def sharpened(posterior: offercast.Posterior) -> offercast.Posterior:
    """The same means with a fifth of the spread: a planted overconfidence."""
    logit = posterior.draws["advance_logit"]
    middle = logit.mean(axis=(0, 1), keepdims=True)
    return replace(posterior, draws={**posterior.draws, "advance_logit": middle + (logit - middle) / 5})


def too_sure(evidence, *, model, engine, seed):
    return sharpened(offercast.fit(evidence, model=model, engine=engine, seed=seed))


def pending_failed(evidence, *, model, engine, seed):
    """Chances by plain counts in which silence so far is a no."""
    counts = evidence.counts()
    chances = no_pooling(counts[..., 0], counts[..., 1:].sum(axis=-1), rng=np.random.default_rng(seed), draws=300)
    return with_chances(baseline(evidence, model=model, engine=engine, seed=seed), chances)


def answered_only(evidence, *, model, engine, seed):
    """The same without silence: every chance is too high."""
    return baseline(evidence, model=model, engine=engine, seed=seed)


def record(search: JudgeSearch, worlds: int) -> Record:
    return Record(tuple(in_order(search, worlds)))


def test_every_question_is_judged_and_repeatable(model) -> None:
    search = JudgeSearch(3, model, fitter=baseline, design=SMALL, futures=5, draws=20)
    one, again = search(0), search(0)
    assert one == again
    assert set(one.claims) == set(CLAIMS)
    assert set(one.worths) == set(RULES)
    assert sum(chance for chance, _ in one.claims[BEST]) == pytest.approx(1.0)
    assert sum(true for _, true in one.claims[BEST]) == 1
    assert len(one.claims[PAIR]) == 3
    assert len(one.claims[ADVANCES]) == len(one.claims[ANSWERS]) == len(one.claims[OFFERED]) > 5
    for moved, answered, offered in zip(one.claims[ADVANCES], one.claims[ANSWERS], one.claims[OFFERED], strict=True):
        assert moved[1] <= answered[1]
        assert offered[1] <= moved[1]
        assert offered[0] <= moved[0] <= answered[0]
    assert one.worths[RULE] in {one.worths[TAKE], one.worths[LOOK_ON]}
    only = replace(search, questions=("compare",))(0)
    assert set(only.claims) == {BEST, PAIR}
    assert only.winner == one.winner


def test_worlds_of_equal_tracks_and_of_tracks_far_apart(model) -> None:
    same = equal_tracks(model, 3, np.random.default_rng(1))
    assert np.ptp(same.offer_chance(model.ladder)) == 0.0
    assert np.ptp(same.no_days, axis=1).max() == 0.0
    assert same.advance.shape[1] == 3
    far, near = (
        np.mean(
            [np.ptp(np.log(draw(model, 3, np.random.default_rng(i)).offer_chance(model.ladder))) for i in range(99)]
        )
        for draw in (three_times_apart, lambda model, tracks, rng: draw_rates(model, tracks=tracks, rng=rng))
    )
    assert 2.0 * near < far < 3.5 * near  # chances close to 1 cannot lie three times apart


def test_what_is_in_flight_comes_in_every_future_and_new_offers_as_often_as_they_should(model) -> None:
    """A known rate: 5 a week for 10 weeks at 0.3, with what was sent yesterday and always succeeds."""
    rates = draw_rates(model, tracks=1, rng=np.random.default_rng(1))
    sure = replace(rates, advance=np.ones_like(rates.advance))
    log = simulate_log(sure, Design("d", (5,), ages=(1,)), model.ladder, rng=np.random.default_rng(1))
    future, day = offers_to_come(sure, log, model.ladder, [0.0], days=70, futures=3, rng=np.random.default_rng(1))
    assert [sorted(day[future == f]) for f in range(3)] == [sorted(log.coming)] * 3
    truth = rates_of(offercast.Posterior.from_chances({"A": _chances(model, 0.3)}, draws=1))
    empty = replace(log, to_come=())
    future, day = offers_to_come(truth, empty, model.ladder, [5.0], days=70, futures=400, rng=np.random.default_rng(2))
    assert day.size / 400 == pytest.approx(15.0, abs=0.8)
    assert day.min() >= 1
    assert set(future) <= set(range(400))


def _chances(model, first: float) -> dict[str, float]:
    steps = [s.id for s in model.ladder.steps if s.decided_by == "employer"]
    return {step: first if step == "applied->response" else 1.0 for step in steps}


def test_rules_are_followed_as_told() -> None:
    """Two futures: in one a poor offer on day 7 and a good one on day 21, in the other a fair one on day 28."""
    worth = Worth(100.0, spread=0.0, per_week=7.0)
    drawn = draw_offers(
        np.array([1, 0, 0, 0]), np.array([28.0, 21.0, 7.0, 300.0]), worth,
        futures=2, days=280, rng=np.random.default_rng(1),
    )  # fmt: skip
    assert (drawn.future.tolist(), drawn.day.tolist()) == ([0, 0, 1], [7.0, 21.0, 28.0])
    offers = replace(drawn, value=np.array([50.0, 110.0, 80.0]))
    advice = Advice(
        value=75.0, worth=worth, answer_by=None, horizon_weeks=40, verdict="wait", taking=150.0, waiting=160.0,
        reservation=(90.0, 90.0, 90.0, 90.0, 70.0), before=0.0, better_soon=0.0, none_soon=0.0, better=0.0,
        worse=0.0, nothing=0.0, better_missed=0.0,
    )  # fmt: skip
    found = worths(advice, offers)
    good = ((220 - 21) + (160 - 28)) / 2
    assert found == {RULE: good, TAKE: 150.0, FIRST: ((100 - 7) + (160 - 28)) / 2, LOOK_ON: good}
    assert worths(replace(advice, waiting=140.0), offers)[RULE] == 150.0
    none = replace(offers, future=offers.future[:0], day=offers.day[:0], value=offers.value[:0])
    assert worths(advice, none)[FIRST] == -7.0 * 40


def test_what_many_worlds_show_by_hand() -> None:
    def world(chance: float, first_better: bool, stated: float, clear: int, rule: float) -> Judged:
        return Judged(
            claims={PAIR: ((chance, first_better),)},
            clear=(clear, 3, 0, 15),
            crowned=clear > 0,
            winner=Winner(stated, 0.1, 0.2, 0.6, 0.1),
            worths={RULE: rule, TAKE: 100.0, LOOK_ON: rule},
            promised=rule + 2.0,
        )

    done = Record(
        (world(0.97, True, 0.25, 1, 110.0), world(0.02, True, 0.15, 0, 104.0), world(0.6, False, 0.5, 2, 101.0))
    )
    assert done.wrong_when_sure == (1, 2)
    assert done.clear == (pytest.approx(1 / 3), 0.0, pytest.approx(2 / 3))
    assert done.winner_bias[0] == pytest.approx(1.0)
    assert done.winner_ratio == (pytest.approx(0.9 / 0.6), pytest.approx(6.0))
    assert done.gain(TAKE) == (pytest.approx(5.0), pytest.approx(np.std([10, 4, 1], ddof=1) / 3**0.5))
    assert done.promise[0] == pytest.approx(2.0)


@pytest.mark.slow
def test_decisions_are_right_about_worlds_of_the_prior(model) -> None:
    """40 worlds, every question: no chance is caught, waiting is worth what it says, the rule beats both habits."""
    done = record(JudgeSearch(11, model, futures=40, draws=150), 40)
    assert [name for name in CLAIMS if not done.claims(name).calibrated] == []
    assert abs(done.winner_bias[0]) <= 3.29 * done.winner_bias[1]
    assert abs(done.promise[0]) <= 3.29 * done.promise[1]
    assert done.gain(TAKE)[0] > 0 < done.gain(FIRST)[0]


@pytest.mark.slow
def test_equal_tracks_are_rarely_told_apart(model) -> None:
    """40 worlds of 3 pairs: at a rate of 5 %, fewer than 15 would be called clear, but for 1 in 1,000 runs."""
    done = record(JudgeSearch(12, model, truth=equal_tracks, questions=("compare",)), 40)
    assert sum(one.clear[0] for one in done.judged) <= 14


@pytest.mark.slow
def test_an_overconfident_posterior_is_caught(model) -> None:
    """A fifth of the spread: which of two is better is said too surely, and more than 5 % of what is called clear is wrong."""
    done = record(JudgeSearch(13, model, fitter=too_sure, questions=("compare",)), 45)
    claims = done.claims(PAIR)
    assert claims.too_sure > 3.29
    assert not all(one.inside for one in claims.bins())
    wrong, sure = done.wrong_when_sure
    assert wrong > 0.05 * sure + 3.29 * (0.05 * 0.95 * sure) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize(("fitter", "sign"), [(pending_failed, -1.0), (answered_only, 1.0)])
def test_a_plan_by_counts_that_get_silence_wrong_is_caught(model, fitter, sign: float) -> None:
    """Three weeks of applications, most still open. Where silence counts as a no, a plan asks for too many and offers
    come more often than it says; where silence is left out, too few.
    """
    young = Design("three weeks", (20, 40, 60), ages=tuple(range(22)))
    search = JudgeSearch(14, model, fitter=fitter, design=young, questions=("plan", "waiting"), draws=150)
    done = record(search, 60)
    assert sign * done.claims(PLAN).too_high > 3.29
    assert not done.claims(ADVANCES).calibrated
