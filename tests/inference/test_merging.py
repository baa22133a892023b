"""A log that never names some stages: one step in place of several, with the prior of their product and of their sum."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

import offercast
from offercast.errors import CommandError
from offercast.history import Application, Event, History
from offercast.inference.merging import merged
from offercast.inference.prior import prior_predictive, sample_prior
from offercast.inference.waits import cdf
from offercast.trust import StepTruth, Truth, simulate_history

GONE = ("response", "phone")
AS_OF = date(2026, 6, 30)


@pytest.fixture(scope="module")
def short(model):
    return merged(model, GONE)


def test_the_prior_of_one_step_is_that_of_the_product(model, short) -> None:
    for tracks in (1, 3):
        apart, together = (prior_predictive(one, tracks=tracks) for one in (model, short))
        by_stage = {reach.stage: reach for reach in apart.reach}
        for reach in together.reach:
            same = by_stage[reach.stage].people
            assert reach.people.median == pytest.approx(same.median, rel=0.1)
            if tracks > 1:  # of one track alone the sd of the product is a little wider: it is matched for several
                assert reach.people.low == pytest.approx(same.low, rel=0.15)
                assert reach.people.high == pytest.approx(same.high, rel=0.2)


def test_the_prior_of_one_wait_is_that_of_the_sum(model, short) -> None:
    """Against waits drawn step by step: how many of the yeses have come by day."""
    apart = sample_prior(model, ("A", "B", "C"), seed=5, draws=4000)
    together = sample_prior(short, ("A", "B", "C"), seed=6, draws=4000)
    rng = np.random.default_rng(1)
    total = np.zeros(4000)
    from offercast.inference.waits import quantile

    for s in range(1, 4):
        median, shape = apart.flat("advance_log_days")[:, 0, s], np.exp(apart.flat("advance_log_shape")[:, s])
        total += quantile(rng.random(4000), median, shape, 180.0)
    days = np.array([5.0, 10, 20, 40, 80])
    said = cdf(
        days,
        together.flat("advance_log_days")[:, 0, 1, None],
        np.exp(together.flat("advance_log_shape")[:, 1, None]),
        180.0,
    )
    assert said.mean(axis=0) == pytest.approx((total[:, None] <= days).mean(axis=0), abs=0.04)


def test_a_channel_adds_to_the_product_what_it_added_to_the_steps(model, short) -> None:
    apart, together = (sample_prior(one, ("A",), seed=3, draws=8000) for one in (model, short))

    def odds(prior, channel: str, steps: list[int]):
        chance = np.prod(prior.advance[0, :, 0, prior.channel_index(channel)][:, steps], axis=1)
        return np.log(chance) - np.log1p(-chance)

    for channel in ("referral", "direct"):
        full = odds(apart, channel, [1, 2, 3]) - odds(apart, "cold", [1, 2, 3])
        one = odds(together, channel, [1]) - odds(together, "cold", [1])
        assert one.mean() == pytest.approx(full.mean(), abs=0.05)
        assert one.std() == pytest.approx(full.std(), rel=0.1)


def test_nothing_is_merged_twice_and_kept_steps_keep_their_priors(model, short) -> None:
    assert merged(short, GONE) is short
    assert merged(model, ()) is model
    assert merged(model, GONE) is short
    assert [stage.id for stage in short.ladder.merged] == list(GONE)
    for step in ("never_applied->applied", "interview->second_interview", "offer->accepted"):
        assert short.step_prior(step) == model.step_prior(step)


@pytest.fixture(scope="module")
def seldom_named(model) -> History:
    """Interviews alone are named: .4 * .6 * .5 = 12 % of some 400 applications get one, after waits that add up."""
    step = StepTruth(advance=0.4, told_no=0.3, advance_days=14.0, no_days=14.0)
    steps = {
        "applied": step, "response": replace(step, advance=0.6), "phone": replace(step, advance=0.5),
        "interview": step, "second_interview": step,
    }  # fmt: skip
    truth, start = Truth({"A": steps}, {"A": 14.0}), AS_OF - timedelta(days=200)
    whole = simulate_history(truth, model.ladder, start=start, days=200, as_of=AS_OF, rng=np.random.default_rng(2))
    kept = tuple(replace(a, events=tuple(e for e in a.events if e.kind not in GONE)) for a in whole.applications)
    return History(model.ladder, kept)


def test_the_product_and_the_whole_wait_are_found(seldom_named, model) -> None:
    history, chance = seldom_named, 0.12
    posterior = offercast.fit(offercast.gather(history, as_of=AS_OF), seed=1)
    step = posterior.ladder.step_index["applied"]
    drawn = posterior.advance[..., 0, 0, step].ravel()
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert low < chance < high
    median = float(np.median(np.exp(posterior.flat("advance_log_days")[:, 0, step])))
    assert 35 < median < 65  # three waits of 14 days in the median add up to some 50


def test_a_silence_is_no_sign_where_the_wait_is_long(seldom_named) -> None:
    """Counted as steps of their own, a silence of weeks at "applied" would be taken for the end."""
    history = seldom_named
    together = offercast.fit(offercast.gather(history, as_of=AS_OF), seed=1)
    apart = offercast.fit(offercast.gather(history, as_of=AS_OF, implied=()), seed=1)
    from offercast.trust.says import OfPosterior, law_of_count
    from offercast.trust.study import thinned

    means = []
    for posterior in (together, apart):
        law = law_of_count(OfPosterior(thinned(posterior, 200)).reach("interview", 8), 56)
        means.append(float(law @ np.arange(law.size)))
    assert means[0] > 1.3 * means[1]


def test_it_is_kept_and_read_back(seldom_named, tmp_path) -> None:
    history = seldom_named
    posterior = offercast.fit(offercast.gather(history, as_of=AS_OF), seed=1)
    posterior.save(tmp_path / "fit.npz")
    again = offercast.load_posterior(tmp_path / "fit.npz")
    assert again.ladder == posterior.ladder
    assert again.model.priors == posterior.model.priors
    outlook = offercast.forecast_offer(again, offercast.Plan.per_week({"A": 3}), searches=2000)
    assert 0.0 < outlook.chance_by(90) < 1.0
    with pytest.raises(CommandError, match="no channel .recruiter. .one that steps on at a stage that this log never"):
        again.channel_index("recruiter")


def test_the_log_in_bulk_is_counted_the_same(seldom_named, tmp_path) -> None:
    history = seldom_named
    offercast.write_history(history, tmp_path / "log.csv")
    for day in (AS_OF, AS_OF - timedelta(days=60), AS_OF - timedelta(days=190)):
        read = offercast.read_history(tmp_path / "log.csv")
        bulk, apart = offercast.gather_file(tmp_path / "log.csv", as_of=day), offercast.gather(read, as_of=day)
        assert bulk.cells == pytest.approx(apart.cells)
        assert replace(bulk, cells={}) == replace(apart, cells={})


def test_some_day_the_stage_is_named_and_the_steps_come_apart(model) -> None:
    rows = [Application("1", "A", "cold", (Event("applied", date(2026, 6, 1)), Event("interview", date(2026, 6, 20))))]
    assert len(offercast.gather(History(model.ladder, tuple(rows)), as_of=AS_OF).steps) < len(model.ladder.steps)
    rows += [
        Application("2", "A", "cold", (Event("applied", date(2026, 6, 1)), Event(stage, date(2026, 6, 20))))
        for stage in GONE
    ]
    evidence = offercast.gather(History(model.ladder, tuple(rows)), as_of=AS_OF)
    assert (evidence.implied, len(evidence.steps)) == ((), len(model.ladder.steps))
