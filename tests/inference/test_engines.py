"""The engines against closed forms, known truth, and each other."""

import importlib
import math
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta

import msgspec
import numpy as np
import pytest
from scipy import stats

import offercast
from offercast.errors import CommandError
from offercast.evidence import gather
from offercast.history import Application, Event, History
from offercast.inference import Health, Posterior
from offercast.inference.sample import Sample
from offercast.trust import StepTruth, Truth, coverage, simulate_history
from support import day, event, history_of


def answered(ladder, advanced: int, told_no: int) -> History:
    """Applications whose first step was answered after a week."""
    sent = event("applied", "03-01")
    yes = [
        Application(f"y{i}", "A", "cold", (sent, Event("response", day("03-08")), Event("withdrawn", day("03-08"))))
        for i in range(advanced)
    ]
    no = [Application(f"n{i}", "A", "cold", (sent, Event("rejected", day("03-08")))) for i in range(told_no)]
    return History(ladder, (*yes, *no))


def test_independent_is_the_beta_posterior(ladder, model) -> None:
    """Beta(1 + 3, 1 + 7), by its mean, sd and 90 % interval."""
    evidence = gather(answered(ladder, 3, 7), as_of=day("06-01"))
    posterior = offercast.fit(evidence, model=model, engine="independent", draws=25_000)
    drawn = posterior.advance[:, :, 0, 0, 1].ravel()
    exact = stats.beta(4, 8)
    assert drawn.mean() == pytest.approx(exact.mean(), abs=0.003)
    assert drawn.std() == pytest.approx(exact.std(), abs=0.003)
    assert np.quantile(drawn, [0.05, 0.95]) == pytest.approx(exact.ppf([0.05, 0.95]), abs=0.005)
    assert posterior.health.verdict == "good"
    assert (posterior.draws["channel_logit"] == 0).all()  # it knows nothing of channels
    assert np.median(posterior.told_no) > 0.999


def test_nothing_logged_gives_the_prior_back(ladder, model) -> None:
    evidence = gather(History(ladder, ()), as_of=day("06-01"))
    posterior = offercast.fit(evidence, model=model, seed=2)
    logits = posterior.flat("advance_logit")[:, 0, 1]
    prior = model.step_prior("applied->response").advance
    assert logits.mean() == pytest.approx(math.log(prior.median / (1 - prior.median)), abs=0.06)
    assert logits.std() == pytest.approx(prior.sd, rel=0.08)


def test_the_same_seed_gives_the_same_draws(example_evidence, example_posterior) -> None:
    again = offercast.fit(example_evidence, seed=1)
    other = offercast.fit(example_evidence, seed=2)
    for name, draws in example_posterior.draws.items():
        assert np.array_equal(draws, again.draws[name])
    assert not np.array_equal(again.draws["advance_logit"], other.draws["advance_logit"])


def test_the_example_is_sampled_well(example_posterior: Posterior) -> None:
    health = example_posterior.health
    assert health.verdict == "good", health.faults
    assert health.divergences <= 5


TRUTH = Truth(
    steps={
        track: {
            "applied": StepTruth(response, 0.5, 8, 14, 1.1),
            "response": StepTruth(0.65, 0.4, 4, 10),
            "phone": StepTruth(0.55, 0.6, 6, 9),
            "interview": StepTruth(0.45, 0.6, 9, 13),
            "second_interview": StepTruth(0.35, 0.7, 12, 12),
        }
        for track, response in (("A", 0.10), ("B", 0.18), ("C", 0.30))
    },
    per_week={"A": 6, "B": 4, "C": 2},
)
EMPLOYERS = [1, 2, 3, 4, 5]


def truths() -> np.ndarray:
    """The true chance of each track and employer's step."""
    starts = ("applied", "response", "phone", "interview", "second_interview")
    return np.array([[TRUTH.steps[track][start].advance for start in starts] for track in "ABC"])


def simulated(ladder, seed: int, days: int = 120) -> offercast.Evidence:
    start = date(2025, 1, 6)
    as_of = date.fromordinal(start.toordinal() + days)
    history = simulate_history(TRUTH, ladder, start=start, days=days, as_of=as_of, rng=np.random.default_rng(seed))
    return gather(history, as_of=as_of)


def test_known_truth_is_recovered(ladder) -> None:
    """A search of 17 weeks, a third of it still open: most of the 15 true chances lie in their 90 % intervals."""
    posterior = offercast.fit(simulated(ladder, 11), seed=1)
    drawn = posterior.advance[:, :, :, 0, :][..., EMPLOYERS].reshape(-1, 15)
    assert coverage(drawn, truths().ravel(), 0.9).sum() >= 11
    first = np.median(drawn.reshape(-1, 3, 5)[:, :, 0], axis=0)
    assert first == pytest.approx(truths()[:, 0], abs=0.08)


@pytest.mark.slow
def test_coverage_over_many_searches(ladder) -> None:
    """24 searches: 90 % intervals hold the truth of the first step in 78 to 98 % of 72 cases."""
    held = []
    for seed in range(24):
        posterior = offercast.fit(simulated(ladder, 100 + seed, days=90), seed=seed)
        drawn = posterior.advance[:, :, :, 0, 1].reshape(-1, 3)
        held.append(coverage(drawn, truths()[:, 0], 0.9))
    assert 0.78 <= np.mean(held) <= 0.98


def test_pending_is_not_failed(ladder) -> None:
    """Of 60 applications sent in the last fortnight 3 moved on: counting the silent as noes gives a rate too low."""
    rows = [Application(f"s{i}", "A", "cold", (Event("applied", day("06-20")),)) for i in range(57)]
    rows += [
        Application(f"y{i}", "A", "cold", (Event("applied", day("06-20")), Event("response", day("06-23"))))
        for i in range(3)
    ]
    posterior = offercast.fit(gather(History(ladder, tuple(rows)), as_of=day("06-24")), seed=1)
    assert np.median(posterior.advance[:, :, 0, 0, 1]) > 2 * 3 / 60


@pytest.mark.parametrize("silent", [1, 40])
def test_silence_alone_still_gives_an_answer(ladder, silent: int) -> None:
    evidence = gather(history_of(ladder, event("applied", "03-01"), n=silent), as_of=day("05-30"))
    posterior = offercast.fit(evidence, seed=1)
    chance = posterior.advance[:, :, 0, 0, 1].ravel()
    assert posterior.health.verdict == "good", posterior.health.faults
    assert 0 < np.quantile(chance, 0.05) < np.quantile(chance, 0.95) < 0.5
    assert np.quantile(chance, 0.95) > 1.5 * np.quantile(chance, 0.05)


@pytest.mark.slow
def test_pymcs_own_sampler_gives_the_same_posterior(example_evidence, example_posterior) -> None:
    """The fallback where nutpie is missing: posterior means agree within Monte Carlo error."""
    other = offercast.fit(example_evidence, engine="nuts", seed=5, sampler="pymc", draws=500)
    assert other.sampler == "pymc"
    for name in ("advance_logit", "told_no_logit", "advance_log_days", "channel_logit"):
        a, b = example_posterior.flat(name), other.flat(name)
        sd = a.std(axis=0) + 1e-12
        assert np.max(np.abs(a.mean(axis=0) - b.mean(axis=0)) / sd) < 0.2


@pytest.mark.slow
def test_a_cold_and_a_warm_cache_give_the_same_draws(tmp_path) -> None:
    """Two processes on one empty compile cache: the first compiles, the second reads what it left."""
    code = (
        "import offercast as oc, hashlib\n"
        "h = oc.read_history(oc.example())\n"
        "p = oc.fit(oc.gather(h, as_of=h.last_date), engine='nuts', seed=1, draws=100)\n"
        "print(hashlib.sha256(p.draws['advance_logit'].tobytes()).hexdigest())"
    )
    import os

    environment = {**os.environ, "PYTENSOR_FLAGS": f"base_compiledir={tmp_path}"}
    digests = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert any(tmp_path.iterdir())
    assert digests[0] == digests[1]


def test_wrong_calls_are_refused(example_evidence, ladder) -> None:
    with pytest.raises(CommandError, match='"nutz" is no engine. Did you mean "nuts"'):
        offercast.fit(example_evidence, engine="nutz")
    with pytest.raises(CommandError, match="is no sampler"):
        offercast.fit(example_evidence, engine="nuts", sampler="emcee")
    with pytest.raises(CommandError, match="another ladder"):
        offercast.fit(replace(example_evidence, steps=("a->b",)))


@pytest.mark.parametrize("engine", ["quick", pytest.param("nuts", marks=pytest.mark.slow)])
def test_answers_on_the_day_of_applying_are_sampled_well(ladder, engine: str) -> None:
    """Fifty answers, and then noes, on the day of applying.

    A first run by NUTS may diverge. For the noes, fast waits and widely spread ones are two modes: all mass is in the
    first (NUTS: mean -1.39, sd 0.17), where a way uphill from the prior ends in the second (mean 1.7, sd 0.5).
    """
    rows = [
        Application(f"x{i}", "A", "cold", tuple(Event(kind, day("01-01") + timedelta(days=i)) for kind in KINDS))
        for i in range(50)
    ]
    posterior = offercast.fit(gather(History(ladder, tuple(rows)), as_of=day("04-11")), engine=engine, seed=1)
    assert posterior.engine == engine
    assert posterior.health.verdict == "good", posterior.health.faults
    assert np.median(posterior.flat("advance_log_days")[:, 0, 1]) < np.log(0.5)
    noes = posterior.flat("no_log_days")[:, 0, 2]
    assert noes.mean() == pytest.approx(-1.39, abs=0.04)
    assert noes.std() == pytest.approx(0.17, abs=0.02)


KINDS = ("applied", "response", "rejected")


@pytest.mark.parametrize(("verdicts", "runs"), [(("good",), 1), (("poor", "good"), 2), (("poor", "poor"), 2)])
def test_a_poor_fit_is_sampled_once_more_and_more_carefully(monkeypatch, verdicts, runs: int, model) -> None:
    """With a sampler that returns at once and diagnoses as told: one more run, never two, and slower."""
    by_hand = Posterior.from_chances({"A": {}})
    cares = []

    def sample(*_: object, care, **__: object) -> Sample:
        cares.append(care)
        return Sample(by_hand.draws, np.zeros((1, 4, 1)), "fake")

    healths = iter([Health(1.0 if verdict == "good" else 2.0, 4e3, 4e3, 0, 1.0, 4000) for verdict in verdicts])
    monkeypatch.setattr("offercast.inference.nuts.sample_nuts", sample)
    monkeypatch.setattr(importlib.import_module("offercast.inference.fit"), "diagnose", lambda *_: next(healths))
    posterior = offercast.fit(by_hand.evidence, model=model, engine="nuts")
    assert len(cares) == runs
    assert posterior.health.verdict == verdicts[-1]
    assert [care.target_accept for care in cares] == sorted(care.target_accept for care in cares)
    assert cares[-1].tune >= cares[0].tune


def test_a_prior_changed_in_memory_is_another_model(example_evidence, model) -> None:
    """Models are built once in a process, by all that they hold: the digest of the file alone would mix two up."""
    from offercast.inference.nuts import _model_for

    wider = replace(
        model, priors=msgspec.structs.replace(model.priors, any_other_step=replace_sd(model.priors.any_other_step))
    )
    assert wider.digest == model.digest
    built = _model_for(example_evidence, model)
    assert _model_for(example_evidence, wider) is not built
    assert _model_for(example_evidence, model) is built


def replace_sd(prior):
    """The same prior, twice as wide at the chance to advance."""
    return msgspec.structs.replace(prior, advance=msgspec.structs.replace(prior.advance, sd=2 * prior.advance.sd))
