"""Chains: a worked example, yields against known truths, what is still expected against simulation, and the words."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

import offercast
from forecast.problems import EMPLOYERS
from offercast.decisions import chains
from offercast.decisions.chains import SecondChances, share_so_far
from offercast.history.records import Application, Event, History
from offercast.inference import Posterior
from offercast.inference.waits import cdf
from offercast.report.chains import chains_text
from support import command

LOG = Path(__file__).parents[1] / "data" / "chains" / "years.csv"
AS_OF = date(2026, 4, 2)


@pytest.fixture(scope="module")
def history() -> History:
    return offercast.read_history(LOG)


def test_an_offer_is_traced_over_years(history: History) -> None:
    found = chains(history, as_of=AS_OF)
    declined, offer = found.offers
    assert [link.name for link in offer.links] == ["PyCon", "Birch", "Alder"]
    assert [link.named for link in offer.links] == [True, False, False]
    assert offer.links[1].events[0] == ("reached_out", date(2023, 10, 12))
    assert offer.links[1].days_between == (8, 25, 20)
    assert (offer.offered_on, offer.delay_days) == (date(2026, 3, 3), (date(2026, 3, 3) - date(2023, 10, 5)).days)
    assert (declined.links[0].name, declined.delay_days) == ("Ivy", 56)
    assert (found.told, found.applications) == (5, 9)


def test_each_kind_is_counted_by_first_links(history: History) -> None:
    """Seven first links: four cold applications (one of them led to Ginkgo), a contact with two, an event with two."""
    found = {kind.kind: kind for kind in chains(history, as_of=AS_OF).kinds}
    counts = {name: (k.named, k.links, k.to_interview, k.to_offer, k.delays, k.alive) for name, k in found.items()}
    assert counts == {
        "cold": (False, 4, 2, 1, (56,), 3),
        "contact": (True, 1, 0, 0, (), 1),
        "event": (True, 1, 1, 1, (880,), 0),
    }
    assert found["cold"].usual_delay == 56
    assert found["cold"].expected is None


def test_nothing_later_than_the_day_is_looked_at(history: History) -> None:
    found = chains(history, as_of=date(2024, 1, 31))
    assert (found.applications, found.offers, found.second_chances.followed) == (1, (), 0)
    (event,) = found.kinds
    assert (event.links, event.to_offer, event.alive) == (1, 0, 0)


def test_noes_that_were_not_the_end(history: History, ladder) -> None:
    assert chains(history, as_of=AS_OF).second_chances == SecondChances(1, 1, 0, 2, 1)

    def came_back(*kinds: str) -> SecondChances:
        events = tuple(Event(kind, date(2025, 1, 1) + timedelta(days=9 * i)) for i, kind in enumerate(kinds))
        return chains(History(ladder, (Application("1", "A", "cold", events),)), as_of=AS_OF).second_chances

    assert came_back("applied", "interview", "rejected", "reopened") == SecondChances(1, 0, 0, 0, 0)
    assert came_back("applied", "interview", "rejected", "interview") == SecondChances(1, 0, 0, 0, 0)
    assert came_back("applied", "rejected", "interview", "offer") == SecondChances(1, 1, 1, 0, 0)
    assert came_back("applied", "withdrawn", "interview") == SecondChances(0, 0, 0, 0, 0)
    later = [
        Application("1", "A", "cold", (Event("applied", date(2025, 1, 1)), Event("rejected", date(2025, 6, 1)))),
        Application("2", "A", "cold", (Event("applied", date(2025, 3, 1)),), came_from="1"),
        Application("3", "A", "cold", (Event("applied", date(2025, 7, 1)),), came_from="1"),
    ]
    assert chains(History(ladder, tuple(later)), as_of=AS_OF).second_chances.followed == 1


def test_the_share_is_the_jeffreys_posterior() -> None:
    """Against a second method: quantiles of draws from Beta(2.5, 8.5)."""
    draws = np.random.default_rng(1).beta(2.5, 8.5, size=400_000)
    found = share_so_far(2, 10)
    assert (found.low, found.median, found.high) == pytest.approx(np.quantile(draws, (0.05, 0.5, 0.95)), abs=2e-3)


def test_intervals_hold_the_known_yield_of_each_kind(ladder) -> None:
    """Worlds with a known chance for each kind; the 90 % intervals hold it as often as they say.

    The truths are drawn from the interval's own prior, so that the share is 0.9 exactly; the band is four binomial
    standard errors.
    """
    rng = np.random.default_rng(7)
    held = total = 0
    for _ in range(120):
        truth = {"cold": rng.beta(0.5, 0.5), "contact": rng.beta(0.5, 0.5), "event": rng.beta(0.5, 0.5)}
        numbers = {kind: int(rng.integers(2, 25)) for kind in truth}
        for kind in chains(_world(ladder, truth, numbers, rng), as_of=AS_OF).kinds:
            assert kind.links == numbers[kind.kind]
            held += kind.share.low <= truth[kind.kind] <= kind.share.high
            total += 1
    assert total == 360
    assert held / total == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / total))


def _world(ladder, truth: dict[str, float], numbers: dict[str, int], rng: np.random.Generator) -> History:
    """First links of each kind; each leads to one to three applications in a row, of which the last may be an offer."""
    applications: list[Application] = []
    for kind, number in numbers.items():
        for one in range(number):
            before = "" if kind == "cold" else f"{kind}: number {one}"
            links = int(rng.integers(1, 4))
            for link in range(links):
                on = date(2023, 1, 1) + timedelta(days=200 * link + int(rng.integers(100)))
                last = link == links - 1
                end = "offer" if last and rng.random() < truth[kind] else "rejected"
                events = (Event("applied", on), Event(end, on + timedelta(days=40)))
                identifier = str(len(applications))
                applications.append(Application(identifier, "A", "cold", events, came_from=before))
                before = identifier
    return History(ladder, tuple(applications))


def test_what_is_expected_is_what_comes(ladder) -> None:
    """Old contacts with two silent applications each: of those still silent, as many bring an offer as expected."""
    steps = dict.fromkeys(EMPLOYERS, 0.8)
    posterior = Posterior.from_chances({"A": {**steps, "applied->response": 0.5}}, told_no=0.6)
    step = posterior.ladder.step_index["applied"]
    rng = np.random.default_rng(3)
    asked = (15, 40)

    def silent_chance(days: int) -> tuple[float, float]:
        """The chance of a silence so long, and that of an offer given it: by counting simulated applications."""
        n = 200_000
        moves = rng.random(n) < 0.5
        told = ~moves & (rng.random(n) < 0.6)
        median, shape = (
            {kind: float(posterior.draws[f"{kind}_log_days"][0, 0, 0, step]) for kind in ("advance", "no")},
            {kind: float(np.exp(posterior.draws[f"{kind}_log_shape"][0, 0, step])) for kind in ("advance", "no")},
        )
        gone = {k: float(cdf(days + 0.5, median[k], shape[k], 180.0)) for k in median}
        silent = np.where(moves, rng.random(n) >= gone["advance"], ~told | (rng.random(n) >= gone["no"]))
        offers = moves & (rng.random(n) < 0.8**4)
        return float(silent.mean()), float(offers[silent].mean())

    chance = [silent_chance(days)[1] for days in asked]
    applications = tuple(
        Application(f"{i}.{days}", "A", "cold", (Event("applied", AS_OF - timedelta(days=days)),), came_from=name)
        for i in range(30)
        for days in asked
        for name in [f"contact: {i} (2024-01-01)"]
    )
    found = chains(History(ladder, applications), as_of=AS_OF, posterior=posterior)
    (kind,) = found.kinds
    either = 1 - (1 - chance[0]) * (1 - chance[1])
    assert kind.alive == 30
    assert kind.expected == pytest.approx(30 * either, rel=0.02)
    assert len(found.old) == 30
    assert found.old[0].mean_chance == pytest.approx(either, rel=0.02)
    assert found.old[0].age_days == (AS_OF - date(2024, 1, 1)).days


def test_only_what_came_from_an_old_link_keeps_it_alive(ladder) -> None:
    """An old application that waits itself is a matter of `waiting`; one whose silence is over is not alive."""

    def sent(identifier: str, days: int, came_from: str = "") -> Application:
        return Application(
            identifier, "A", "cold", (Event("applied", AS_OF - timedelta(days=days)),), came_from=came_from
        )

    late = (Event("applied", AS_OF - timedelta(days=300)), Event("phone", AS_OF - timedelta(days=9)))
    itself = Application("6", "A", "cold", late)
    log = History(
        ladder, (sent("1", 170), sent("2", 400), sent("3", 20, "2"), sent("4", 500), sent("5", 190, "4"), itself)
    )
    found = chains(log, as_of=AS_OF)
    assert [(old.link.id, old.in_flight, old.chance) for old in found.old] == [("2", ("3",), None)]
    (kind,) = found.kinds
    assert (kind.links, kind.alive) == (4, 3)


def test_what_has_led_to_an_offer_is_not_counted_as_still_alive(ladder) -> None:
    offered = (Event("applied", AS_OF - timedelta(days=90)), Event("offer", AS_OF - timedelta(days=30)))
    waits = (Event("applied", AS_OF - timedelta(days=10)),)
    log = History(ladder, (Application("1", "A", "cold", offered), Application("2", "A", "cold", waits, came_from="1")))
    (kind,) = chains(log, as_of=AS_OF).kinds
    assert (kind.links, kind.to_offer, kind.alive) == (1, 1, 0)


def test_it_is_told_link_by_link(history: History, ladder) -> None:
    told = chains_text(chains(history, as_of=AS_OF), ladder)
    assert "WHERE OFFERS BEGAN, 2 offers" in told
    assert "Alder: offer on 3 March 2026, 2.4 years after its first link\n    5 October 2023: PyCon (event)" in told
    assert "Birch (networking): Reached out, 8 days → Conversation, 25 days → Introduction," in told
    assert "Rejections that came back: 1, and went further than before: 1." in told
    assert "Ana (contact)  1 June 2024            Dogwood, Hazel" in told
    assert max(map(len, told.splitlines())) <= 120


def test_a_log_without_links_is_told_shortly(ladder) -> None:
    plain = History(ladder, (Application("1", "A", "cold", (Event("applied", date(2026, 3, 1)),)),))
    told = chains_text(chains(plain, as_of=AS_OF), ladder)
    assert "This log has no offer by 2 April 2026." in told
    assert "The log does not say where an application came from" in told
    assert "NOES" not in told
    assert "OLD" not in told
    nothing = chains_text(chains(History(ladder, ()), as_of=AS_OF), ladder)
    assert "WHAT FIRST LINKS" not in nothing


def test_names_are_printed_as_plain_characters(history: History, ladder) -> None:
    wild = tuple(replace(a, company=a.company + "\x1b[31m\n") for a in history.applications)
    told = chains_text(chains(replace(history, applications=wild), as_of=AS_OF), ladder)
    assert "\x1b" not in told


def test_the_command_needs_a_log_and_says_so(tmp_path: Path) -> None:
    done = command("chains", "my_fit.npz")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "my_fit.npz is a fit, which knows no single application: give the log."
    circle = tmp_path / "log.csv"
    circle.write_text("application_id,date,event,came_from\n1,2025-01-01,applied,2\n2,2025-01-02,applied,1\n")
    done = command("chains", str(circle), "-q")
    assert (done.returncode, done.stdout) == (3, "")
    assert 'came_from: the applications "1", "2" came from each other' in done.stderr


def test_the_command_prints_the_same_as_text_and_as_json() -> None:
    done = command("chains", str(LOG), "--as-of", "2026-04-02", "-q")
    assert done.returncode == 0
    assert "Ana (contact)  1 June 2024  6 % (0-20)  Dogwood, Hazel" in done.stdout
    done = command("chains", str(LOG), "--as-of", "2026-04-02", "-q", "--json")
    document = json.loads(done.stdout)
    assert document["schema"] == "offercast/chains/1"
    assert [offer["delay_days"] for offer in document["offers"]] == [56, 880]
    (old,) = document["old_and_alive"]
    assert old["mean_chance_of_offer"] == pytest.approx(0.06, abs=0.01)
    assert document["first_links"][0]["expected_to_bring_one"] > 0
