"""A mix that learns: against exact dynamic programming, against what is known exactly, and where it must pay or not."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import poisson

from forecast.problems import EMPLOYERS, SURE, random_problem
from offercast.decisions import Kind, spend_hours
from offercast.decisions.beliefs import Inbox, Tables, weigh
from offercast.decisions.learning import (
    ANEW,
    EVEN,
    EVEN_FIRST,
    KEPT,
    KNOWING,
    LEARNS,
    THOMPSON,
    Learning,
    WayToSpend,
    follow,
    learn,
)
from offercast.decisions.trial import Luck, Setting, Way
from offercast.decisions.ways import Now, best_hours, solved_anew
from offercast.errors import CommandError
from offercast.inference import Posterior
from offercast.report.learning import learning_text
from support import command

START = date(2026, 1, 1)


def quick(posterior: Posterior, days: float = 1e-4) -> Posterior:
    """The same with answers within so many days."""
    for kind in ("advance", "no"):
        posterior.draws[f"{kind}_log_days"][:] = np.log(days)
        posterior.draws[f"{kind}_log_shape"][:] = np.log(0.01 if days < 1 else 0.4)
    return posterior


def two_tracks(first: np.ndarray, second: np.ndarray, offer: float, days: float = 1e-4) -> Posterior:
    """Tracks A and B whose chance of a response is one of many by draw; a response brings an offer with one chance."""
    steps = {**SURE, "second_interview->offer": offer}
    posterior = Posterior.from_chances({"A": steps, "B": steps}, told_no=1.0, draws=first.size)
    step = posterior.ladder.step_index["applied"]
    for k, chance in enumerate((first, second)):
        posterior.draws["advance_logit"][0, :, k, step] = np.log(chance) - np.log1p(-chance)
    return quick(posterior, days)


def setting_of(posterior: Posterior, hours: float, weeks: int, draws: int = 500) -> Setting:
    kinds = [(track, "cold") for track in posterior.tracks]
    ways = [Way(1.0, hours) for _ in kinds]
    return Setting(posterior, kinds, ways, hours=hours, by=START + timedelta(weeks=weeks), draws=draws)


def cold(posterior: Posterior) -> list[Kind]:
    return [Kind(track, "cold", 1.0) for track in posterior.tracks]


WEEKS, PER_WEEK, HIGH, LOW, OFFER = 8, 1.5, 0.5, 0.1, 0.15
ACTIONS, ODDS = np.linspace(0, 1, 11), np.linspace(0, 1, 201)


@pytest.fixture(scope="module")
def exact() -> tuple[float, np.ndarray]:
    """Two arms of which one is good: the chance of an offer under the best policy, and that policy by week and belief.

    W(b) is the least chance of no offer in the weeks that are left with the chance b that A is the good one. What a
    week shows are four independent Poisson numbers: answers and noes of both arms, no answer having been an offer.
    """
    answers, noes = np.meshgrid(np.arange(7), np.arange(9), indexing="ij")
    answers, noes = answers.ravel(), noes.ravel()

    def law(mean: float, chance: float) -> np.ndarray:
        """Of the answers that bring no offer, and of the noes."""
        return poisson.pmf(answers, mean * chance * (1 - OFFER)) * poisson.pmf(noes, mean * (1 - chance))

    none, policy = np.ones(ODDS.size), np.zeros((WEEKS, ODDS.size))
    for week in reversed(range(WEEKS)):
        options = []
        for share in ACTIONS:
            a, b = share * PER_WEEK, (1 - share) * PER_WEEK
            seen = []
            for of_a, of_b in ((HIGH, LOW), (LOW, HIGH)):
                stays = np.exp(-OFFER * (a * of_a + b * of_b))
                seen.append(stays * np.outer(law(a, of_a), law(b, of_b)).ravel())
            joint = ODDS[:, None] * seen[0], (1 - ODDS[:, None]) * seen[1]
            total = joint[0] + joint[1]
            belief = np.divide(joint[0], total, out=np.zeros_like(total), where=total > 0)
            options.append((total * np.interp(belief, ODDS, none)).sum(axis=1))
        policy[week] = ACTIONS[np.argmin(options, axis=0)]
        none = np.min(options, axis=0)
    return 1.0 - float(none[ODDS.size // 2]), policy


def test_no_way_beats_dynamic_programming_and_its_policy_gives_its_value(exact: tuple[float, np.ndarray]) -> None:
    """Two arms, one of them good: the simulation of the exact policy gives the exact value, and nothing gives more."""
    value, policy = exact
    posterior = two_tracks(np.array([HIGH, LOW]), np.array([LOW, HIGH]), OFFER)

    def programmed(now) -> np.ndarray:
        share = policy[now.number][np.round(now.weights[:, 0] * (ODDS.size - 1)).astype(int)]
        return PER_WEEK * np.stack([share, 1 - share], axis=1)

    effort = spend_hours(posterior, cold(posterior), hours=PER_WEEK, by=START + timedelta(weeks=WEEKS))
    found = learn(posterior, effort, searches=4000, policies={"programmed": programmed})
    best = found.way("programmed")
    assert best.gain_error < 0.005
    assert best.chance == pytest.approx(value, abs=4 * best.gain_error)
    assert value > effort.chance + 0.03
    for name in (*LEARNS, EVEN, KEPT):
        assert found.way(name).chance < value + 3 * found.way(name).gain_error + 1e-3
    assert found.way(ANEW).chance > effort.chance + 0.5 * (value - effort.chance)
    assert found.way(KNOWING).chance > value + 0.01
    assert found.flattened == 0.0


def test_learning_pays_where_answers_are_quick_and_rates_unknown() -> None:
    """Two tracks that answer one in 20 or one in 2, half a year, answers within days: it beats the best fixed mix by
    four points at least, and gets more than half of what knowing the rates would.
    """
    rng = np.random.default_rng(2)
    first, second = (np.where(rng.random(1200) < 0.5, 0.05, 0.5) * rng.uniform(0.7, 1.3, 1200) for _ in range(2))
    posterior = two_tracks(first, second, 0.04, days=2.0)
    effort = spend_hours(posterior, cold(posterior), hours=3.0, by=START + timedelta(weeks=26))
    found = learn(posterior, effort, searches=1000, draws=300)
    told = found.way(ANEW)
    assert told.gain > 0.04 + 2 * told.gain_error
    assert told.gain > 0.5 * found.way(KNOWING).gain
    assert found.way(THOMPSON).gain > 0.02
    assert found.verdict == "gains"
    assert "points more than keeping the best mix of today" in " ".join(learning_text(found).split())
    assert found.best_learner.gain < found.way(KNOWING).gain + 2 * told.gain_error


def test_late_answers_teach_too_late() -> None:
    """The same with answers after seven weeks of ten: of what knowing the rates would gain, hardly anything."""
    rng = np.random.default_rng(2)
    first, second = (np.where(rng.random(4000) < 0.5, 0.05, 0.5) for _ in range(2))
    posterior = two_tracks(first, second, 0.3, days=2.0)
    step = posterior.ladder.step_index["applied"]
    for kind in ("advance", "no"):
        posterior.draws[f"{kind}_log_days"][..., step] = np.log(49.0)
        posterior.draws[f"{kind}_log_shape"][..., step] = np.log(0.2)
    effort = spend_hours(posterior, cold(posterior), hours=3.0, by=START + timedelta(weeks=10))
    found = learn(posterior, effort, searches=800, draws=500)
    assert found.way(KNOWING).gain > 0.06
    assert abs(found.way(ANEW).gain) < 0.1 * found.way(KNOWING).gain + 3 * found.way(ANEW).gain_error
    assert found.verdict == "next to nothing"


def test_a_single_step_teaches_nothing_that_the_fixed_mix_does_not_know() -> None:
    """Where the first answer is the offer, a search that goes on has seen only noes: the best fixed mix is the best."""
    rng = np.random.default_rng(3)
    first, second = (rng.beta(1, 12, 400) for _ in range(2))
    posterior = two_tracks(first, second, 1 - 1e-9)
    effort = spend_hours(posterior, cold(posterior), hours=2.0, by=START + timedelta(weeks=12))
    told = learn(posterior, effort, searches=1000, draws=200).way(ANEW)
    assert abs(told.gain) < 4 * told.gain_error + 0.003


def test_with_one_kind_all_ways_are_one() -> None:
    posterior, _ = random_problem(3)
    effort = spend_hours(posterior, [Kind("T0", "cold", 0.5, 3.0)], hours=10.0, by=date(2026, 6, 1))
    found = learn(posterior, effort, searches=200)
    assert [way.name for way in found.ways] == [KEPT, ANEW, THOMPSON, EVEN_FIRST, EVEN, KNOWING]
    for way in found.ways:
        assert way.gain == pytest.approx(0.0, abs=1e-9)
        assert way.applications == found.way(KEPT).applications
    assert "All mixes come to the same here" in learning_text(found)


def test_applications_are_counted_up_to_the_offer() -> None:
    """Every application brings its offer at once: as many are sent as leave on the first day on which any does."""
    posterior = quick(Posterior.from_chances({"A": SURE}))
    effort = spend_hours(posterior, [Kind("A", "cold", 1.0)], hours=2.0, by=START + timedelta(weeks=12))
    found = learn(posterior, effort, searches=4000).way(KEPT)
    assert found.applications == pytest.approx(0.4 / (1 - np.exp(-0.4)), abs=0.03)


def test_what_waits_counts_when_the_mix_is_solved_anew() -> None:
    """Either A or B is good, and much of A is still out: if A is good that may do, so that B is the better bet now."""
    posterior = two_tracks(np.array([HIGH, LOW]), np.array([LOW, HIGH]), 0.5, days=30.0)
    setting = setting_of(posterior, hours=2.0, weeks=20)
    luck = Luck(setting, 40, np.random.default_rng(8))
    tables = Tables(setting)
    inbox = Inbox(tables, luck)
    search = np.repeat(np.arange(40), 6)
    inbox.send(0, search, np.tile(np.arange(6), 40), np.zeros(240))
    start = np.ones((40, 2))
    now = Now(1, setting, inbox, start, luck)
    blind = best_hours(now.weights, now.worth, start, setting.room)
    assert (solved_anew(now) - blind)[:, 1].mean() > 0.1
    silent = inbox.silences[:, : tables.ages].sum(axis=1) == 6
    none = 6 * np.log1p(np.array([-HIGH, -LOW]) * 0.5)
    assert inbox.log_none()[silent][0] == pytest.approx(none, rel=0.05)


def test_where_the_rates_are_certain_there_is_nothing_to_learn() -> None:
    steps = dict.fromkeys(EMPLOYERS, 0.6)
    sure = Posterior.from_chances({"A": steps, "B": {**steps, "applied->response": 0.5}}, draws=5)
    effort = spend_hours(sure, cold(sure), hours=1.0, by=date(2026, 6, 1))
    found = learn(sure, effort, searches=200)
    for name in (ANEW, THOMPSON, KNOWING):
        assert found.way(name).gain == pytest.approx(0.0, abs=1e-4)
    assert found.way(EVEN).gain < -0.01


@pytest.mark.parametrize("seed", [0, 1])
def test_the_searches_are_those_of_the_exact_chance(seed: int) -> None:
    """Random problems with things in flight: the share with an offer in time, and the chance given each truth."""
    posterior, _ = random_problem(seed)
    kinds = [Kind(t, c, 1.5, 2.0) for t in posterior.tracks for c in ("cold", "referral")]
    effort = spend_hours(posterior, kinds, hours=6.0, by=date(2026, 5, 12))
    ways = [Way(1.5, 3.0) for _ in kinds]
    setting = Setting(posterior, [(k.track, k.channel) for k in kinds], ways, hours=6.0, by=effort.by, draws=500)
    luck = Luck(setting, 3000, np.random.default_rng(seed))
    best = np.array(effort.spent)
    kept = follow(lambda now: np.tile(best, (now.luck.searches, 1)), setting, luck, None, best)
    error = np.sqrt(0.25 / 3000)
    assert kept.exact is not None
    assert kept.exact.mean() == pytest.approx(effort.chance, abs=2e-3)
    assert kept.came.mean() == pytest.approx(effort.chance, abs=4 * error)
    flown = 1.0 - np.exp(setting.in_flight(np.arange(6))[:, 60]).mean()
    assert np.mean(luck.flies <= 60) == pytest.approx(flown, abs=4 * error)
    over = kept.offers - kept.expected
    for control in (over, over**2 - kept.expected, np.exp(kept.expected / 2) / 2**kept.offers - 1):
        assert abs(control.mean()) < 4 * control.std() / np.sqrt(3000)


def test_the_quick_solution_is_that_of_the_solver() -> None:
    """The same mix as `spend_hours`, for rows of equal weights, from any start."""
    rng = np.random.default_rng(4)
    worth = rng.gamma(0.7, 0.1, size=(300, 5)).astype(np.float32)
    room = np.array([4.0, 1.0, 4.0, 0.5, 4.0])
    weights = rng.dirichlet(np.ones(300), size=3).astype(np.float32)
    starts = np.array([[4.0, 0, 0, 0, 0], [0, 1.0, 2.5, 0.5, 0], [0, 0, 0, 0, 4.0]])
    found = best_hours(weights, worth, starts, room)
    none = np.einsum("sn,sn->s", weights, np.exp(-found @ worth.T))
    assert np.allclose(found.sum(axis=1), 4.0)
    assert (found >= -1e-9).all()
    assert (found <= room + 1e-6).all()
    for row in range(3):
        for _ in range(300):
            other = np.minimum(rng.dirichlet(np.full(5, 0.5)) * 4.0, room)
            assert weights[row] @ np.exp(-(worth @ other)) >= none[row] * (1 - 1e-4)


def test_what_came_in_is_weighed_as_the_model_says() -> None:
    """The log likelihood of one search, by hand from its applications: answers by their chance, silences by their length."""
    rng = np.random.default_rng(5)
    posterior = two_tracks(rng.uniform(0.1, 0.6, 6), rng.uniform(0.1, 0.6, 6), 0.3, days=12.0)
    posterior.draws["told_no_logit"][:] = 0.0
    setting = setting_of(posterior, hours=4.0, weeks=10)
    luck = Luck(setting, 3, np.random.default_rng(6))
    tables = Tables(setting)
    inbox = Inbox(tables, luck)
    search, number, day = np.array([1, 1, 1, 1]), np.arange(4), np.array([0, 3, 9, 20])
    inbox.send(0, search, number, day)
    inbox.look(14.0)
    inbox.look(28.0)
    expected = np.zeros(6)
    steps = posterior.step_chances("cold").reshape(-1, 2, 5)[:, 0]
    weeks = 7.0 * np.arange(26)
    for which, on in zip(number, day, strict=True):
        for s in range(5):
            enters = on + luck.enters[0][1, which, s]
            if enters > 28.0:
                break
            if enters + luck.lasts[0][1, which, s] <= 28.0:
                moved = luck.ends[0][1, which, s] == 0
                expected += np.log(steps[:, s] if moved else 1 - steps[:, s])
                continue
            age = int(np.round((28.0 - enters) / 7.0))
            law = setting.streams[0].waits.cdf(weeks, s).mean(axis=0)[age]  # both answers take as long here
            expected += np.log(steps[:, s] * (1 - law) + (1 - steps[:, s]) * (1 - 0.5 * law))
    found = inbox.log_likelihood()
    assert found[1] == pytest.approx(expected, abs=1e-4)
    assert (found[0] == 0).all()


def test_beliefs_never_rest_on_a_handful_of_draws() -> None:
    logs = np.stack([np.linspace(0, -1, 400), np.linspace(0, -4000, 400)]).astype(np.float32)
    weights, few = weigh(logs)
    assert few.tolist() == [False, True]
    assert weights.sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-5)
    assert weights[0] == pytest.approx(np.exp(logs[0]) / np.exp(logs[0]).sum(), rel=1e-4)
    assert 1 / (weights[1] ** 2).sum() == pytest.approx(20, rel=0.1)
    assert (np.diff(weights[1]) <= 0).all()


def test_truths_are_kept_from_the_beliefs_where_there_are_enough_draws() -> None:
    many = two_tracks(np.full(400, 0.3), np.full(400, 0.2), 0.5)
    setting = setting_of(many, hours=2.0, weeks=4)
    assert not set(setting.believed) & set(Luck(setting, 50, np.random.default_rng(1)).truth)
    few = setting_of(two_tracks(np.full(4, 0.3), np.full(4, 0.2), 0.5), hours=2.0, weeks=4)
    assert set(few.believed) == {0, 1, 2, 3}


def test_the_same_seed_gives_the_same_numbers() -> None:
    posterior, _ = random_problem(5)
    effort = spend_hours(posterior, cold(posterior), hours=4.0, by=date(2026, 4, 1))
    assert learn(posterior, effort, searches=60) == learn(posterior, effort, searches=60)
    assert learn(posterior, effort, searches=60) != learn(posterior, effort, searches=60, seed=2)


def test_the_verdict_is_no_louder_than_the_simulation() -> None:
    def verdict(gain: float, error: float) -> str:
        ways = [WayToSpend(name, 0.5, gain if name == ANEW else -0.1, error, 10.0) for name in (KEPT, *LEARNS)]
        return Learning(date(2026, 6, 1), 1, 100, 100, tuple(ways), 0.0).verdict

    assert verdict(0.05, 0.01) == "gains"
    assert verdict(0.05, 0.03) == "cannot tell"
    assert verdict(0.005, 0.001) == "next to nothing"
    assert verdict(-0.02, 0.01) == "next to nothing"


def test_what_cannot_be_simulated_is_refused() -> None:
    posterior = Posterior.from_chances({"A": {}})
    effort = spend_hours(posterior, [Kind("A", "cold", 0.01)], hours=168.0, by=date(2035, 6, 1))
    with pytest.raises(CommandError, match="a nearer day, or fewer hours"):
        learn(posterior, effort)


def test_the_command_says_it_in_words_and_as_json(tmp_path: Path) -> None:
    fit = tmp_path / "fit.npz"
    posterior, _ = random_problem(3)
    posterior.save(fit)
    asked = ("effort", str(fit), "--hours", "4", "--by", "2026-03-01", "--learn")
    done = command(*asked)
    assert "A MIX THAT LEARNS, looked at every week, in 1,000 simulated searches" in done.stdout
    assert "Whoever knew the rates would gain" in done.stdout
    document = json.loads(command(*asked, "--json", "-q").stdout)
    assert {way["name"] for way in document["learning"]["ways"]} == {KEPT, *LEARNS, EVEN, KNOWING}
    plain = json.loads(command(*asked[:-1], "--json", "-q").stdout)
    assert plain["learning"] is None
    assert plain["chance"] == document["learning"]["ways"][0]["chance"]
