"""Insights come out of logs that contain them, and not of logs that do not; each says what it was computed from."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import offercast
from conftest import DATA
from offercast.decisions import Insights, insights
from offercast.decisions.facts import (
    KINDS,
    AppliedOnly,
    Doors,
    Inertia,
    OnlyPrior,
    Quiet,
    Solid,
    Stall,
    Streak,
)
from offercast.errors import CommandError
from offercast.evidence import gather
from offercast.history.records import History
from offercast.inference import Posterior
from offercast.modelfile import ModelFile
from offercast.trust.claims import NOTHING, SCENES, Scene, claims, named, simulate_scene
from offercast.trust.worlds import AS_OF


def of_scene(scene: Scene, model: ModelFile, seed: int = 4) -> tuple[Insights, History, Posterior]:
    history = simulate_scene(scene, model, np.random.default_rng(seed))
    posterior = offercast.fit(gather(history, as_of=AS_OF), model=model, seed=1)
    return insights(posterior, history, date_too=False), history, posterior


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_a_search_shows_what_is_in_it(scene: Scene, model: ModelFile) -> None:
    """One log of each kind; how often, over many, is a slow test and a table in the documents."""
    found, _, _ = of_scene(scene, model)
    told = {named(fact) for fact in found.facts}
    always = {fact for fact in scene.holds if fact[0] not in {"Quiet", "Streak", "Doors", "Drift"}}
    assert always <= told
    wrong = {"Inertia", "Solid", "AppliedOnly", "Drift"} - {kind for kind, _ in scene.holds}
    assert not wrong & {kind for kind, _ in told}


@pytest.mark.slow
def test_false_alarms_are_few_and_what_is_there_is_found() -> None:
    """Each claim that is not true of a search in at most 5 % of them (and what 120 searches leave of chance)."""
    least = {"Inertia": 0.95, "Stall": 0.9, "Solid": 0.8, "AppliedOnly": 0.9, "Doors": 0.75, "Drift": 0.15}
    for scene in SCENES:
        done = claims(scene, searches=120 if scene == NOTHING else 40, workers=2)
        margin = 3 * np.sqrt(0.05 * 0.95 / done.searches)
        for kind in ("Inertia", "Solid", "AppliedOnly", "Drift"):
            assert done.false_alarms(kind) <= 0.05 + margin, (scene.name, kind)
        for fact in scene.holds:
            assert done.share(fact) >= least.get(fact[0], 0.0), (scene.name, fact)


def test_the_numbers_of_a_fact_are_those_of_the_log(model: ModelFile) -> None:
    found, history, posterior = of_scene(SCENES[2], model)
    (inertia,) = (fact for fact in found.facts if isinstance(fact, Inertia))
    kinds = [{event.kind for event in a.events} for a in history.applications]
    mine = [k for k, a in zip(kinds, history.applications, strict=True) if a.channel != "recruiter"]
    assert inertia.found == len(mine)
    assert inertia.unsent == sum(k <= {"never_applied", "rejected"} for k in mine)
    assert inertia.share.low < inertia.unsent / inertia.found < inertia.share.high
    assert inertia.gain is None or inertia.gain.sooner > 0
    assert found.as_of == posterior.evidence.as_of == AS_OF


def test_a_claim_rests_on_the_posterior(example_posterior: Posterior) -> None:
    """Sharpen the draws around a low chance and the step stalls; around a high one it is solid; never both."""
    step = example_posterior.ladder.step_index["phone"]
    for chance, kind in ((0.05, Stall), (0.97, Solid)):
        logit = example_posterior.draws["advance_logit"].copy()
        logit[..., step] = np.log(chance / (1 - chance)) + 0.05 * (logit[..., step] - logit[..., step].mean())
        sharp = offercast.Posterior(
            {**example_posterior.draws, "advance_logit": logit},
            *(getattr(example_posterior, n) for n in ("evidence", "model", "engine", "health")),
        )
        facts = [f for f in insights(sharp, date_too=False).facts if isinstance(f, Stall | Solid)]
        (fact,) = (f for f in facts if f.step == "phone->interview")
        assert isinstance(fact, kind)
        assert fact.chance.median == pytest.approx(chance, abs=0.02)
        assert fact.usual == example_posterior.model.step_prior("phone->interview").advance.median


def test_every_kind_is_a_fact_or_accounted_for(example_posterior: Posterior) -> None:
    history = offercast.read_history(offercast.example())
    names = {kind.__name__ for kind in KINDS}
    for found in (insights(example_posterior, history), insights(example_posterior, date_too=False)):
        told = {type(fact).__name__ for fact in found.facts}
        assert told | set(found.not_found) | set(found.not_looked_for) == names
        assert not told & set(found.not_found)
    assert set(found.not_looked_for) == {"Streak", "Quiet", "Drift", "Moves"}


def test_a_log_of_three_is_mostly_prior(ladder, model: ModelFile) -> None:
    history = offercast.History(
        ladder,
        tuple(
            offercast.Application(str(i), "A", "cold", (offercast.Event("applied", date(2026, 3, 1 + i)),))
            for i in range(3)
        ),
    )
    posterior = offercast.fit(gather(history, as_of=date(2026, 3, 20)), seed=1)
    facts = insights(posterior, history, date_too=False).facts
    (lacking,) = facts
    assert isinstance(lacking, OnlyPrior)
    assert len(lacking.steps) == 5


def test_steps_not_told_apart_are_judged_together(histories: Path) -> None:
    """A log that never names responses says nothing of them: no step in between may be called solid."""
    name = "outcomes_with_never_applied"
    history = offercast.read_history(histories / f"{name}.csv", mapping=DATA / "maps" / f"{name}.toml")
    one_track = tuple(replace(a, track="all") for a in history.applications)
    history = replace(history, applications=one_track)
    posterior = offercast.fit(gather(history, as_of=history.last_date), seed=1)
    assert posterior.evidence.implied
    facts = insights(posterior, history, date_too=False).facts
    for fact in facts:
        if isinstance(fact, Stall | Solid):
            assert not set(fact.step.split("->")) & set(posterior.evidence.implied)
    (doors,) = (fact for fact in facts if isinstance(fact, Doors))  # 3 of 6 against 0 of 49
    assert doors.channel == "referral"
    assert doors.times.low > 1


def test_luck_has_three_names() -> None:
    assert [Streak(9, False, 99, chance).luck for chance in (0.3, 0.05, 0.01)] == ["enough", "rare", "poor"]
    assert Quiet(56, 0, 4.0, 0.02).luck == "poor"


def test_a_baseline_says_nothing(example_evidence) -> None:
    with pytest.raises(CommandError, match="leave out --engine independent"):
        insights(offercast.fit(example_evidence, engine="independent", seed=1))


def test_no_call_anywhere_says_nothing_of_one_track(model: ModelFile) -> None:
    silent = Scene("no calls", tuple(p.__class__(p.track, 40, p.ages, channels=()) for p in NOTHING.pieces))
    assert not [fact for fact in of_scene(silent, model)[0].facts if isinstance(fact, AppliedOnly)]


def test_a_track_that_never_calls_is_as_sure_as_the_integral(model: ModelFile) -> None:
    """P(share here < share elsewhere) for Beta(1/2, n + 1/2) and Beta(x + 1/2, m + 1/2), by quadrature."""
    from scipy import stats

    found, _, posterior = of_scene(SCENES[5], model)
    (fact,) = (fact for fact in found.facts if isinstance(fact, AppliedOnly))
    rows = posterior.evidence.table
    alpha = rows["track"] == posterior.track_index(fact.track)
    first, entry = posterior.ladder.step_index["applied"], posterior.ladder.step_index["response"]
    recruiter = rows["channel"] == posterior.channel_index("recruiter")
    unasked = rows["count"][~alpha & recruiter & (rows["step"] == entry)].sum()
    own = rows["count"][~alpha & ~recruiter & (rows["step"] == first) & (rows["outcome"] == 0)].sum()
    there = stats.beta(unasked + 0.5, own + 0.5)
    grid = np.linspace(0.0, 1.0, 200_001)[1:-1]
    exact = np.trapezoid(there.pdf(grid) * stats.beta(0.5, fact.begun + 0.5).cdf(grid), grid)
    assert fact.sure == pytest.approx(exact, abs=0.002)
    assert fact.elsewhere.median == pytest.approx(there.median(), abs=0.003)
