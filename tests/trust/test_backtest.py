"""A look back sees no future, counts what came as the log tells it, and states laws that are right."""

import json
import re
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy import stats

import offercast
from offercast.errors import CommandError
from offercast.history import Application, History
from offercast.inference import Posterior
from offercast.report.backtest import backtest_json, backtest_text
from offercast.trust import crps as crps_of_sample
from offercast.trust.backtest import (
    HEARD,
    NEXT,
    OFFER,
    OURS,
    Backtest,
    Origin,
    Outcome,
    Plans,
    Scored,
    backtest,
    counts_said,
    methods,
    origins,
)
from offercast.trust.backtested import BOOTSTRAP, LEVELS, SEED, STRATA, held, over_people, pit_histogram, skill
from offercast.trust.empirical import StepCurves
from offercast.trust.says import Group, OfPosterior, law_of_count
from offercast.trust.worlds import Design, draw_rates, simulate_log
from support import command, day, event

ROOT = Path(__file__).parents[2]
SHORT = Plans(every_days=28, weeks=(2, 4), stages=("response", "interview"))
replace_plans = msgspec.structs.replace


@pytest.fixture(scope="module")
def example() -> History:
    return offercast.read_history(offercast.example())


@pytest.fixture(scope="module")
def found(example) -> Backtest:
    return backtest(example, plans=SHORT)


def test_the_law_of_a_number_is_the_sum_of_throws() -> None:
    """Against the binomial law, against simulation, and with numbers that differ by draw."""
    one = law_of_count([Group(7, np.array([[0.0, 0.3]]))], 1)
    assert one[:8] == pytest.approx(stats.binom.pmf(range(8), 7, 0.3), abs=1e-12)
    rng = np.random.default_rng(1)
    chances = rng.uniform(size=(500, 6))
    mixed = [Group(k + 1, chances[:, k : k + 1]) for k in range(5)] + [Group(rng.poisson(2.0, 500), chances[:, 5:])]
    law = law_of_count(mixed, 0)
    draws = rng.integers(500, size=200_000)
    counts = np.stack([np.broadcast_to(group.count, 500) for group in mixed], axis=1)[draws]
    drawn = rng.binomial(counts, chances[draws]).sum(axis=1)
    seen = np.bincount(drawn, minlength=law.size)[: law.size] / drawn.size
    assert law.sum() == pytest.approx(1.0)
    assert np.abs(law - seen).max() < 4 * np.sqrt(0.25 / drawn.size)
    assert law_of_count([], 3).tolist() == [1.0]


def test_the_chance_to_be_heard_of_is_that_of_the_silence_split(example_posterior) -> None:
    """Against the chance that `waiting` gives for ever: within the horizon, an answer that comes at all has come."""
    from offercast.decisions import counted_applications, waiting

    groups = OfPosterior(example_posterior).heard(26)
    silence = waiting(example_posterior, counted_applications(example_posterior))
    ever = sum(row.mean_answers * row.application.count for row in silence.rows)
    assert sum(g.count * g.chance[:, -1].mean() for g in groups) == pytest.approx(ever, rel=0.01)
    for group in groups:
        assert group.chance[:, 0].max() == 0.0
        assert (np.diff(group.chance, axis=1) >= -1e-12).all()


def test_curves_by_day_are_those_worked_by_hand(ladder) -> None:
    """Yes on days 1 and 3, a no on day 2, one open for 2 days: at risk 4, 3, 1."""
    rows = [
        Application("a", "A", "cold", (event("applied", "06-01"), event("response", "06-02"))),
        Application("b", "A", "cold", (event("applied", "06-01"), event("response", "06-04"))),
        Application("c", "A", "cold", (event("applied", "06-01"), event("rejected", "06-03"))),
        Application("d", "A", "cold", (event("applied", "06-08"),)),
    ]
    curves = StepCurves.of(History(ladder, tuple(rows)), as_of=day("06-10"))
    step = ladder.step_index["applied"]
    assert curves.came[step, :4] == pytest.approx([0.0, 0.25, 0.25, 0.75])
    assert curves.silent[step, :4] == pytest.approx([1.0, 0.75, 0.5, 0.0])
    assert curves.still(step, 1, 1) == pytest.approx([1.0, 2 / 3])
    assert curves.reach([step], 2, 1) == pytest.approx([0.0, 0.0, 2 / 3])
    assert curves.reach([step, ladder.step_index["response"]], 5) == pytest.approx(np.zeros(6))


def test_origins_begin_with_ten_and_leave_a_window(ladder) -> None:
    rows = tuple(Application(str(i), "A", "cold", (event("applied", f"06-{i + 1:02d}"),)) for i in range(20))
    history = History(ladder, rows)
    days = origins(history, day("08-01"), Plans())
    assert days[0] == day("06-10")
    assert days == [day("06-10") + timedelta(days=14 * i) for i in range(len(days))]
    assert days[-1] <= day("08-01") - timedelta(days=14) < days[-1] + timedelta(days=14)
    assert origins(History(ladder, rows[:9]), day("08-01"), Plans()) == []
    with pytest.raises(CommandError, match="cannot be looked back on: it takes 10 dated applications"):
        backtest(History(ladder, rows[:9]), end=day("08-01"))


def test_what_came_is_counted_as_the_log_tells_it(ladder) -> None:
    rows = (
        Application("a", "A", "cold", (event("applied", "06-01"), event("response", "06-20"))),
        Application("b", "A", "cold", (event("applied", "06-01"), event("rejected", "06-14"))),
        Application("c", "A", "cold", (event("applied", "06-01"), event("response", "06-05"), event("interview", "06-18"))),
        Application("d", "A", "cold", (event("applied", "06-01"), event("withdrawn", "06-15"))),
        Application("e", "A", "cold", (event("applied", "06-12"), event("response", "06-16"))),
        Application("f", "A", "cold", (event("applied", "06-01"), event("interview"), event("offer", "07-30"))),
        Application("g", "A", "cold", (event("applied", "06-01"), event("rejected", "06-08"))),
    )  # fmt: skip
    origin = Origin(
        History(ladder, rows), day("06-10"), day("08-30"), Plans(weeks=(2,), stages=("response", "interview"))
    )
    assert origin.counted(2) == {
        HEARD: 3,  # a, b and c; d left, e was not sent yet, f's interview has no day of its own, g was over
        "response": 1, "response, with new ones": 2, "interview": 1, "interview, with new ones": 1,
    }  # fmt: skip
    assert origin.first(8, offer=False) == (8, 56)  # c's interview, before a's response
    assert origin.first(26, offer=True) == (50, 81)
    assert origin.first(4, offer=True) == (None, 28)


def test_the_future_changes_no_byte_of_what_is_said(example) -> None:
    """Every event after a look is moved, or gone: laws and days stay as they were, for every method."""
    from offercast.modelfile import load_model

    looked = date(2026, 1, 13)
    rng = np.random.default_rng(2)

    def told(history: History) -> str:
        origin = Origin(history, looked, date(2026, 4, 2), SHORT)
        said = {}
        for name, says in methods(origin, load_model(), "quick", 1):
            laws = counts_said(says, {"response": "response"}, [2, 4], origin.evidence, 1)
            said[name] = [(key[0], key[1], law.tolist()) for key, law in laws.items()]
        return json.dumps(said)

    def moved(application: Application) -> Application:
        later = [e for e in application.events if e.on and e.on > looked]
        shift = timedelta(days=int(rng.integers(1, 60)))
        kept = tuple(e for e in application.events if e not in later)
        return replace(application, events=kept + tuple(replace(e, on=looked + shift) for e in later[:1]))

    shuffled = replace(example, applications=tuple(a for a in map(moved, example.applications) if a.events))
    assert told(shuffled) == told(example)


def outcome(*, below: float, up_to: float, **more) -> Outcome:
    fixed = {"origin": date(2026, 1, 1), "sent": 30, "method": OURS, "target": HEARD, "weeks": 4, "crps": 1.0,
             "log_score": 1.0, "said": (1, 0, 2), "came": 1}  # fmt: skip
    return Outcome(**(fixed | more), below=below, up_to=up_to)


def test_scores_are_those_of_the_stated_law(example) -> None:
    origin = Origin(example, date(2026, 1, 13), date(2026, 4, 2), SHORT)
    scored = Scored(origin, OURS)
    law = stats.poisson.pmf(range(40), 3.0)
    sample = stats.poisson.ppf((np.arange(20_000) + 0.5) / 20_000, 3.0)
    for came in (0, 3, 9):
        one = scored.count(HEARD, 4, law, came)
        assert one.crps == pytest.approx(crps_of_sample(sample, came), abs=1e-3)
        assert one.log_score == pytest.approx(-np.log(law[came]))
        assert (one.below, one.up_to) == pytest.approx((stats.poisson.cdf(came - 1, 3), stats.poisson.cdf(came, 3)))
    assert scored.count(HEARD, 4, np.array([1.0]), 2).log_score == pytest.approx(-np.log(1e-6))
    none = np.exp(-0.1 * np.arange(57))
    hit, late = scored.time(NEXT, 8, none, 5, 56), scored.time(NEXT, 8, none, None, 30)
    assert hit.log_score == pytest.approx(-np.log(none[4] - none[5]))
    assert (hit.below, hit.up_to) == pytest.approx((1 - none[4], 1 - none[5]))
    assert late.log_score == pytest.approx(-np.log(none[30]))
    assert (late.below, late.up_to) == pytest.approx((1 - none[30], 1.0))
    days = np.arange(1.0, 57)
    assert hit.crps == pytest.approx(sum((1 - none[1:] - (days >= 5)) ** 2))


def test_ranges_of_right_forecasts_hold_what_they_say() -> None:
    rng = np.random.default_rng(3)
    came = rng.poisson(2.0, 20_000)
    right = [
        outcome(below=float(a), up_to=float(b))
        for a, b in zip(stats.poisson.cdf(came - 1, 2.0), stats.poisson.cdf(came, 2.0), strict=True)
    ]
    for level in (0.5, 0.8, 0.9):
        assert held(right, level) == pytest.approx(level, abs=0.01)
    assert pit_histogram(right) == pytest.approx(np.full(10, 0.1), abs=0.01)
    low = [
        outcome(below=float(a), up_to=float(b))
        for a, b in zip(stats.poisson.cdf(came - 1, 1.0), stats.poisson.cdf(came, 1.0), strict=True)
    ]
    assert held(low, 0.8) < 0.75  # a fault is seen
    assert pit_histogram(low)[-1] > 0.2


def test_what_was_fixed_before_scoring_is_what_is_scored() -> None:
    fixed = tomllib.loads((ROOT / "benchmarks" / "backtest.toml").read_text())
    told = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in (fixed["origins"] | fixed["targets"]).items()
    }
    assert told == msgspec.structs.asdict(Plans()) | {"heard": True, "with_new": True}
    scores = fixed["scores"]
    assert (tuple(scores["levels"]), scores["bootstrap"], scores["seed"]) == (LEVELS, BOOTSTRAP, SEED)
    assert scores["strata_applications"] == [STRATA[1].most, STRATA[2].most] == [STRATA[2].above, STRATA[3].above]


def test_skill_and_people() -> None:
    ours, theirs = outcome(below=0.1, up_to=0.2, crps=1.0), outcome(below=0.1, up_to=0.2, crps=2.0, method="plug-in")
    late = replace(ours, sent=300, crps=3.0), replace(theirs, sent=300, crps=2.0)
    one, other = Backtest((ours, theirs)), Backtest((ours, theirs, *late))
    assert skill(one, "plug-in") == 0.5
    assert skill(other, "plug-in") == pytest.approx(0.0)
    assert [skill(other, "plug-in", strata) for strata in STRATA] == [
        pytest.approx(0.0),
        0.5,
        None,
        pytest.approx(-0.5),
    ]
    assert skill(one, "nobody") is None
    interval = over_people({"a": one, "b": other}, lambda found: skill(found, "plug-in"))
    assert (interval.median, interval.low, interval.high) == pytest.approx((0.25, 0.0, 0.5))
    assert over_people({}, lambda found: skill(found, "plug-in")) is None


def test_a_search_is_looked_back_on(found, example) -> None:
    assert len(found.origins) == 5
    assert all((origin - found.origins[0]).days % 28 == 0 for origin in found.origins)
    ours = found.of(OURS, primary=True)
    assert {one.target for one in ours} == {HEARD, "response", "interview"}
    assert {one.target for one in found.outcomes} >= {NEXT, OFFER, "response, with new ones"}
    assert {len(found.of(method)) for method in {one.method for one in found.outcomes}} == {len(found.of(OURS))}
    for one in found.outcomes:
        assert 0.0 <= one.below <= one.up_to <= 1.0
        assert np.isfinite([one.crps, one.log_score]).all()
    text = backtest_text(found, example.ladder)
    assert "LOOKING BACK, 5 times from 18 November 2025" in text
    entries = (ROOT / "docs" / "glossary.md").read_text().lower()
    for heading in re.findall(r"^[A-Z][A-Z ,]{4,}(?= |,|$)", text, flags=re.MULTILINE):
        assert f"**{heading.strip(' ,').lower()}" in entries, heading
    document = backtest_json(found)
    json.dumps(document, allow_nan=False)
    section = (ROOT / "docs" / "json.md").read_text().split("## offercast/backtest/1")[1].split("## offercast")[0]
    for key in (*document, *document["outcomes"][0]):
        assert f"`{key}`" in section, key


def test_pictures_show_it(found) -> None:
    from offercast import plots

    said, even = plots.plot_backtest(found), plots.plot_pit(found)
    assert plots.svg(said) == plots.svg(plots.plot_backtest(found))
    assert "of 4 looks" in plots.alt_text(said)
    assert "PIT of" in plots.alt_text(even)
    heights = [bar.get_height() for bar in even.axes[0].patches]
    assert sum(heights) == pytest.approx(1.0)
    with pytest.raises(CommandError, match='nothing was said of "offer" within 4 weeks. There is: "heard of"'):
        plots.plot_backtest(found, "offer")


def test_any_number_of_workers_finds_the_same(example) -> None:
    twice = replace_plans(SHORT, every_days=70)
    assert backtest(example, plans=twice, workers=2) == backtest(example, plans=twice)


def test_the_command(tmp_path) -> None:
    log = str(offercast.example())
    done = command("backtest", log, "--as-of", "2026-04-02", "--every", "70", "--json", "-q")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "offercast/backtest/1"
    assert len(document["origins"]) == 2
    short = tmp_path / "log.csv"
    short.write_text("application_id,date,event\n1,2026-01-01,applied\n")
    done = command("backtest", str(short), "-q")
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be looked back on" in done.stderr


@pytest.mark.slow
def test_in_worlds_of_the_model_the_ranges_hold(model) -> None:
    """Where the truth is drawn from the priors, right forecasts are a matter of right code: 60 searches, one look each."""
    outcomes = []
    for world in range(60):
        rng = np.random.default_rng([7, world])
        design = Design("two tracks", (25, 35))
        log = simulate_log(draw_rates(model, tracks=2, rng=rng), design, model.ladder, rng=rng)
        origin = Origin(log.history, log.as_of - timedelta(days=56), log.as_of, Plans(weeks=(4, 8)))
        if sum(now.waits for now in origin.before.values()) >= 5:
            name, says = next(methods(origin, model, "quick", 1))
            laws = counts_said(says, {stage: stage for stage in origin.stages}, [4, 8], origin.evidence, 1)
            came = {weeks: origin.counted(weeks) for weeks in (4, 8)}
            scored = [Scored(origin, name).count(t, weeks, law, came[weeks][t]) for (t, weeks), law in laws.items()]
            outcomes += [one for one in scored if one.primary]
    assert len(outcomes) > 200
    for level in (0.5, 0.8, 0.9):  # forecasts of one world go together: some 60 independent ones
        assert held(outcomes, level) == pytest.approx(level, abs=3.3 * np.sqrt(level * (1 - level) / 60))


def test_a_posterior_by_hand_says_what_its_chances_say() -> None:
    posterior = Posterior.from_chances({"A": {"applied->response": 0.5}})
    assert OfPosterior(posterior).heard(2) == []
    assert law_of_count(OfPosterior(posterior).reach("response", 2), 14).tolist() == [1.0]
