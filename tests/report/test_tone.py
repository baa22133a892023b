"""Every sentence of advice: its numbers are those of its fact, there are at most two of them, and it is calm."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import product

import pytest

import offercast
from offercast.decisions import (
    Kind,
    Worth,
    chains,
    compare,
    open_applications,
    spend_hours,
    waiting,
    weigh_offer,
    work_backwards,
)
from offercast.decisions.facts import (
    KINDS,
    AppliedOnly,
    Doors,
    Drift,
    Fact,
    Inertia,
    Insights,
    Moves,
    OnlyPrior,
    Quiet,
    Solid,
    Stall,
    Streak,
)
from offercast.decisions.knowing import how_much_more
from offercast.decisions.levers import Lever, Levers, Sooner
from offercast.decisions.luck import Trend
from offercast.forecast import Plan, forecast_offer
from offercast.inference import Posterior
from offercast.inference.summary import Interval
from offercast.report.chains import chains_text
from offercast.report.decisions import backwards_text, effort_text, waiting_text
from offercast.report.honesty import fit_trust
from offercast.report.insights import LABELS, insights_json, insights_text, sentences
from offercast.report.offer import offer_text
from offercast.report.outlook import Asked, forecast_text
from offercast.report.text import compare_text, rates_text
from offercast.report.words import in_words, percent, two_digits

LOUD = (
    "!", "congrat", "great", "good news", "bad news", "sadly", "unfortunately", "sorry", "fail", "ghost", "never give",
    "keep going", "hang in", "don't", "should", "must", "wrong with", "hopeless", "hope", "desperate", "only you can", "lucky",
    "proud", "amazing", "excellent", "terrible", "awful", "worry", "panic", "certainly", "definitely", "guarantee", "clearly better",
    "your fault", "will get", " nan", "inf ", "too few", "not enough", "merely", "just ", "simply", "obviously", "of course", "impossible",
)  # fmt: skip
"""Cheering, blame, false hope, certainty."""
SHARE = re.compile(r"(about|fewer than) (\d+ in \d+|half)|nearly all")
NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
SPREADS = [(0.02, 0.05, 0.11), (0.31, 0.5, 0.66), (0.8, 0.92, 0.97)]


def intervals() -> Iterator[Interval]:
    for low, median, high in SPREADS:
        yield Interval(median, low, high)


def levers_of(sooner: float, strongest: float) -> Levers:
    steps = ("applied->response", "phone->interview")
    found = [Lever("step", step, sooner - i, sooner / 2, 2 * sooner, -0.5, strongest) for i, step in enumerate(steps)]
    rest = [Lever(kind, "", 3.4, 1.2, 9.7, -0.3) for kind in ("pace", "waits")]
    return Levers(123.0, (*found, *rest))


def facts() -> Iterator[Fact]:
    """Facts of every kind, over the whole range of their numbers and every branch of their sentences."""
    for share, gain in product(intervals(), (None, Sooner(120.0, 8.0, 0.2, 31.6), Sooner(120.0, 0.1, 0.0, 0.3))):
        yield Inertia(88, 33, share, gain)
    for chance, usual, sure in product(intervals(), (0.165, 0.54), (0.976, 0.9999)):
        yield Stall("applied->response", chance, usual, sure)
        yield Solid("interview->offer", chance, usual, sure)
    for share, begun in product(intervals(), (3, 1, 1200)):
        yield AppliedOnly("Sales Engineer", begun, share, 0.98)
    for times, (channel, whole) in product(
        (Interval(0.4, 0.22, 0.71), Interval(3.1, 1.6, 5.9), Interval(14.0, 11.0, 160.0)),
        (("referral", False), ("recruiter", True)),
    ):
        yield Doors(channel, "cold", 17, times, whole, 0.99)
    for chance, goes_on in product((0.0004, 0.02, 0.06, 0.41, 0.999), (True, False)):
        yield Streak(23, goes_on, 105, chance)
    for chance, observed in product((0.0004, 0.02, 0.06, 0.31), (0, 1, 4)):
        yield Quiet(56, observed, 8.2, chance)
    for first, last in zip(intervals(), reversed(list(intervals())), strict=True):
        yield Drift(first.median > last.median, Trend(0.98, first, last), 0.98)
    for sooner, strongest in product((0.3, 7.2, 40.0), (0.4, 0.95)):
        yield Moves(levers_of(sooner, strongest))
    yield OnlyPrior(("response->phone", "interview->offer"))


def numbers_of(text: str) -> list[str]:
    """The numbers of a sentence; "about 3 in 10" stands beside its percentage and is the same number."""
    return NUMBER.findall(SHARE.sub("", text))


def allowed(fact: Fact) -> set[str]:
    """Every number of a fact, as it may be printed."""
    found: list[float] = []

    def collect(value: object) -> None:
        if isinstance(value, float | int) and not isinstance(value, bool):
            found.append(float(value))
        elif isinstance(value, tuple):
            for one in value:
                collect(one)
        elif hasattr(value, "__dataclass_fields__") and not isinstance(value, Plan):
            for name in value.__dataclass_fields__:
                collect(getattr(value, name))

    collect(fact)
    printed = {"0", "1", "99"}  # less than a day; under 1 %, over 99 %
    for value in found:
        printed |= {f"{value:.0f}", f"{value:,.0f}", f"{100 * value:.0f}", two_digits(abs(value)), f"{value / 7:.0f}"}
    return printed


@pytest.mark.parametrize("fact", list(facts()), ids=lambda fact: type(fact).__name__)
def test_a_sentence_carries_the_numbers_of_its_fact(fact: Fact, example_posterior: Posterior) -> None:
    said = sentences(fact, example_posterior)
    assert said
    for sentence in said:
        numbers = numbers_of(sentence)
        assert len(numbers) <= 2, sentence
        assert set(numbers) <= allowed(fact), f"{sentence}: {set(numbers) - allowed(fact)}"
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.endswith(".")
        assert not [word for word in LOUD if word in sentence.lower()], sentence


def test_every_kind_has_a_template_and_every_branch_is_walked() -> None:
    assert {type(fact) for fact in facts()} == set(KINDS)
    assert set(LABELS) == {kind.__name__ for kind in KINDS}
    assert {fact.luck for fact in facts() if isinstance(fact, Streak)} == {"enough", "rare", "poor"}
    assert {fact.opens for fact in facts() if isinstance(fact, Doors)} == {True, False}


def test_a_share_in_words_is_near_its_percentage() -> None:
    """Wherever "31 % ..., about 3 in 10" stands in one sentence, both say the same."""
    for hundredth in range(1, 1000):
        chance = hundredth / 1000
        shares = re.findall(r"(\d+) in (\d+)", in_words(chance))
        if shares and "fewer" not in in_words(chance):
            part, whole = map(int, shares[0])
            assert part / whole == pytest.approx(chance, abs=0.055)
    assert (percent(0.31), in_words(0.31)) == ("31 %", "about 3 in 10")


def test_the_tester_would_see_a_wrong_number(example_posterior: Posterior) -> None:
    fact = Streak(23, goes_on=False, sent=105, chance=0.41)
    (first, second) = sentences(fact, example_posterior)
    assert not set(numbers_of(first.replace("23", "24"))) <= allowed(fact)
    assert not set(numbers_of(second.replace("41", "42"))) <= allowed(fact)


def test_good_and_bad_are_told_in_one_voice(example_posterior: Posterior) -> None:
    """The same words for a chance that fell and one that rose, for a channel that opens doors and one that does not."""
    low, high = Interval(0.05, 0.02, 0.1), Interval(0.3, 0.2, 0.4)
    fell = " ".join(sentences(Drift(True, Trend(0.98, high, low), 0.98), example_posterior))
    rose = " ".join(sentences(Drift(False, Trend(0.02, low, high), 0.98), example_posterior))
    assert re.sub(r"\d+|fell|rose", "", fell) == re.sub(r"\d+|fell|rose", "", rose)
    more, less = (
        " ".join(
            sentences(
                Doors("referral", "cold", 17, Interval(m, m / 2, m * 2), whole=False, sure=0.99), example_posterior
            )
        )
        for m in (4.0, 0.25)
    )
    assert NUMBER.sub("", more) == NUMBER.sub("", less)


@pytest.fixture(name="told", scope="module")
def _told(example_posterior: Posterior) -> dict[str, str]:
    """What every command that advises says of the example, in each of its branches."""
    ladder, plan = example_posterior.ladder, Plan.own_pace(example_posterior.evidence)
    worth = Worth(50_000.0, per_week=900.0)
    backwards = work_backwards(example_posterior, by=date(2026, 10, 1), chance=0.8)
    beyond = replace(backwards, per_week=None, reached_on=date(2027, 1, 5))
    history = offercast.read_history(offercast.example())
    cold = [Kind(track, "cold", 1.0, 2.0) for track in example_posterior.tracks]
    return {
        "waiting": waiting_text(waiting(example_posterior, open_applications(history, as_of=date(2026, 4, 2))), ladder),
        "plan": backwards_text(backwards, ladder),
        "plan, beyond reach": backwards_text(beyond, ladder),
        "plan, in ten years": backwards_text(replace(beyond, reached_on=None), ladder),
        "plan, nothing to do": backwards_text(replace(backwards, per_week=0.0), ladder),
        "effort": effort_text(spend_hours(example_posterior, cold, hours=8.0, by=date(2026, 8, 1))),
        "compare": compare_text(compare(example_posterior), ladder, how_much_more(example_posterior)),
        "fit": f"{rates_text(example_posterior)}\n{fit_trust(example_posterior)}",
        "forecast": forecast_text(forecast_offer(example_posterior, searches=2000), Asked((date(2026, 6, 1),))),
        "chains": chains_text(chains(history, as_of=date(2026, 4, 2), posterior=example_posterior), ladder),
        **{
            f"offer of {value}": offer_text(
                weigh_offer(example_posterior, value=value, worth=worth, answer_by=date(2026, 4, 20)), plan
            )
            for value in (30_000.0, 90_000.0)
        },
    }


def prose(text: str) -> list[str]:
    """The sentences of a text: its lines that are neither headings nor rows of a table."""
    lines = [line.strip() for line in text.splitlines() if not line.isupper()]
    joined = " ".join(line for line in lines if "  " not in line and not re.match(r"[A-Z]{3,} ", line))
    return [sentence for sentence in re.split(r"(?<=[.:;]) ", joined) if sentence]


def test_every_command_is_calm(told: dict[str, str]) -> None:
    for name, text in told.items():
        assert not [word for word in LOUD if word in text.lower()], name


def test_every_command_says_at_most_two_numbers_a_sentence(told: dict[str, str]) -> None:
    """Lists of names with their numbers are tables in a line, and exempt, as are the rows of a fit and a forecast."""
    for name, text in told.items():
        if name in {"forecast", "fit"}:
            continue
        for sentence in prose(text):
            listed = sentence.count(", ") >= 2 or "→" in sentence
            numbers = numbers_of(re.sub(r"\d+ [A-Z]\w+ \d{4}|\d{4}-\d\d-\d\d", "", sentence))  # a date is no number
            assert listed or len(numbers) <= 2, f"{name}: {sentence}"


def test_the_page_says_what_was_not_found(example_posterior: Posterior) -> None:
    found = Insights(example_posterior.evidence.as_of, (), ("Drift", "Stall"), ("Streak",))
    text = insights_text(found, example_posterior)
    assert "a drift" in text
    assert "a step that stalls" in text
    assert "Not looked for" in text
    told = insights_json(Insights(found.as_of, tuple(facts()), (), ()), example_posterior)
    assert {fact["kind"] for fact in told["facts"]} == set(LABELS)
    assert all(fact["says"] for fact in told["facts"])
