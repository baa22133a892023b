"""What a silence leaves: against simulated silences, by hand, and in words."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from forecast.problems import random_posterior
from offercast.decisions import Open, counted_applications, open_applications, waiting
from offercast.evidence import InFlight
from offercast.history.records import Application, Event, History
from offercast.inference import Posterior
from offercast.inference.waits import cdf, quantile
from offercast.report.decisions import waiting_text
from offercast.report.words import percent


@pytest.mark.parametrize("stage", ["applied", "interview"])
def test_the_chances_are_those_of_simulated_silences(stage: str) -> None:
    """A hundred thousand applications of known rates; those as silent as ours move on, or answer, as often as said."""
    posterior = random_posterior(np.random.default_rng(2))
    posterior = replace(posterior, draws={name: a[:, 3:4] for name, a in posterior.draws.items()})
    step = posterior.ladder.step_index[stage]
    rng = np.random.default_rng(1)
    n = 200_000
    p = float(posterior.advance[0, 0, 0, 0, step])
    w = float(posterior.told_no[0, 0, 0, step])
    moves = rng.random(n) < p
    answers = moves | (rng.random(n) < w)

    def drawn(kind: str) -> np.ndarray:
        median = posterior.flat(f"{kind}_log_days")[0, 0, step]
        return quantile(rng.random(n), median, np.exp(posterior.flat(f"{kind}_log_shape")[0, step]), 180.0)

    wait = np.where(moves, drawn("advance"), np.where(answers, drawn("no"), np.inf))
    for days in (2, 20, 90):
        silent = wait > days + 0.5
        (row,) = waiting(posterior, [Open("", posterior.tracks[0], "cold", stage, days, days)]).rows
        error = 4 * np.sqrt(0.25 / silent.sum())
        assert row.mean_advances == pytest.approx(moves[silent].mean(), abs=error)
        assert row.answers.median == pytest.approx(answers[silent].mean(), abs=error)
        left = wait[silent & answers] - days - 0.5
        assert row.days_to_most is not None
        assert np.mean(left <= row.days_to_most) == pytest.approx(0.9, abs=0.02)


def test_the_band_is_that_of_the_draws_and_the_rest_of_the_way_counts() -> None:
    posterior = random_posterior(np.random.default_rng(3))
    track = posterior.tracks[-1]
    (row,) = waiting(posterior, [Open("", track, "referral", "phone", 5, 5)]).rows
    k, c, s = posterior.track_index(track), 1, posterior.ladder.step_index["phone"]
    assert posterior.ladder.channels[c].id == "referral"
    advances, offers = [], []
    for draw in range(6):
        p, w = posterior.advance[0, draw, k, c, s], posterior.told_no[0, draw, k, s]
        gone, told = (
            float(
                cdf(
                    5.5,
                    posterior.draws[f"{kind}_log_days"][0, draw, k, s],
                    np.exp(posterior.draws[f"{kind}_log_shape"][0, draw, s]),
                    180.0,
                )
            )
            for kind in ("advance", "no")
        )
        chance = p * (1 - gone) / (p * (1 - gone) + (1 - p) * (1 - w * told))
        advances.append(chance)
        offers.append(chance * np.prod(posterior.advance[0, draw, k, c, s + 1 : s + 3]))
    assert row.mean_advances == pytest.approx(np.mean(advances))
    assert (row.advances.low, row.advances.median, row.advances.high) == pytest.approx(
        tuple(np.quantile(advances, (0.05, 0.5, 0.95)))
    )
    assert row.offer.median == pytest.approx(np.median(offers))
    assert row.mean_offer == pytest.approx(np.mean(offers))


def test_a_longer_silence_leaves_less_and_half_a_year_leaves_nothing() -> None:
    posterior = random_posterior(np.random.default_rng(4))
    asked = [Open(str(d), posterior.tracks[0], "cold", "applied", d, d) for d in (0, 7, 30, 90, 300)]
    silence = waiting(posterior, asked)
    assert [row.application.name for row in silence.rows] == ["0", "7", "30", "90", "300"]
    last = silence.rows[-1]
    assert (last.mean_advances, last.days_to_most, last.follow_up) == (0.0, None, False)
    assert silence.count == 5


def test_all_together_share_the_draws() -> None:
    """The chance that one moves on is averaged over draws: less than if each application had rates of its own."""
    posterior = Posterior.from_chances({"A": {"applied->response": 0.2}}, draws=2)
    posterior.draws["advance_logit"][0, 1, 0, 1] -= 3
    one = waiting(posterior, [Open("", "A", "cold", "applied", 4, 4)])
    many = waiting(posterior, [Open("", "A", "cold", "applied", 4, 4, count=20)])
    apart = 1 - (1 - one.rows[0].mean_advances) ** 20
    assert one.rows[0].mean_advances < many.any_moves_on < apart - 0.05
    assert many.count == 20


def test_an_unknown_start_is_weighed_as_in_the_forecast() -> None:
    from offercast.forecast.streams import make_flights

    posterior = random_posterior(np.random.default_rng(5))
    row = InFlight(0, 0, posterior.ladder.step_index["phone"], 0, 60, 1)
    waits = replace(posterior, evidence=replace(posterior.evidence, in_flight=(row,)))
    (flight,) = make_flights(waits)
    (found,) = waiting(waits, counted_applications(waits)).rows
    assert found.offer.median == pytest.approx(float(np.median(flight.offer_chance.mean(axis=1))))


def test_the_open_ones_are_found_in_the_log(ladder) -> None:
    """Answered, withdrawn and never sent ones do not wait; a stage reached resets the clock; names come from the log."""
    today = date(2026, 3, 31)

    def made(name: str, *events: tuple[str, int]) -> Application:
        told = tuple(Event(kind, today - timedelta(days=ago)) for kind, ago in events)
        return Application(name, "A", "cold", told, company=f"{name} & Co" if name != "plain" else "")

    log = History(
        ladder,
        (
            made("open", ("applied", 12)),
            made("answered", ("applied", 30), ("rejected", 3)),
            made("further", ("applied", 30), ("phone", 4)),
            made("gone", ("applied", 30), ("withdrawn", 2)),
            made("idea", ("never_applied", 9)),
            made("plain", ("applied", 0)),
            made("offered", ("applied", 60), ("offer", 2)),
        ),
    )
    found = open_applications(log, as_of=today)
    assert [(o.name, o.stage, o.shortest, o.longest) for o in found] == [
        ("open & Co", "applied", 12, 12),
        ("further & Co", "phone", 4, 4),
        ("plain", "applied", 0, 0),
    ]
    undated = History(ladder, (Application("u", "A", "cold", (Event("applied"),)),))
    assert open_applications(undated, as_of=today, unknown_age_days=45)[0].longest == 45


def test_it_is_told_calmly(example_posterior) -> None:
    ladder = example_posterior.ladder
    applications = [
        Open(
            f"Company {i} with a name that goes on and on", example_posterior.tracks[0], "cold", "applied", 6 * i, 6 * i
        )
        for i in range(20)
    ]
    told = waiting_text(waiting(example_posterior, applications), ladder)
    assert "WHO STILL HAS TO ANSWER, 20 open applications" in told
    assert "and 5 more, each less likely" in told
    assert "ghost" not in told.lower()
    assert max(map(len, told.splitlines())) <= 110
    assert "WORTH A LINE" in told
    assert "Company 0 with" not in told.split("WORTH A LINE")[1]
    whole = waiting_text(waiting(example_posterior, applications), ladder, everything=True)
    assert "more, each less likely" not in whole
    assert "Nothing is waiting" in waiting_text(waiting(example_posterior, []), ladder)


def test_a_silence_that_a_draw_takes_to_be_impossible_leaves_nothing() -> None:
    """One draw of two is sure of an answer within the horizon; after it, silence is for ever, and every number a number."""
    posterior = Posterior.from_chances({"A": {"applied->response": 0.3}}, draws=2)
    posterior.draws["advance_logit"][0, 0] = 700.0
    silence = waiting(posterior, [Open("", "A", "cold", "applied", 180, 180)])
    (row,) = silence.rows
    assert (row.mean_advances, row.answers.median, row.offer.high, silence.any_moves_on) == (0.0, 0.0, 0.0, 0.0)
    assert row.days_to_most is None


def test_what_moves_on_is_answered_in_what_is_told_too() -> None:
    """A skewed posterior: the mean chance to move on lies above the median chance of any answer; both are told as means."""
    posterior = Posterior.from_chances({"A": {"applied->response": 0.01}}, told_no=0.02, draws=5)
    posterior.draws["advance_logit"][0, 0] = 2.0
    silence = waiting(posterior, [Open("x", "A", "cold", "applied", 20, 20)])
    (row,) = silence.rows
    assert row.answers.median < row.mean_advances <= row.mean_answers
    assert percent(row.mean_answers) in waiting_text(silence, posterior.ladder)


def test_a_name_cannot_turn_the_line_or_break_it(example_posterior) -> None:
    """Direction marks, tabs and line ends are left out; letters of any script stay."""
    names = ("\u202egnirts\u202c\tLtd\n", "شركة", "x" * 300)
    applications = [Open(name, example_posterior.tracks[0], "cold", "applied", 40, 40) for name in names]
    told = waiting_text(waiting(example_posterior, applications), example_posterior.ladder)
    assert "gnirts Ltd" in told
    assert "شركة" in told
    assert all(c.isprintable() for line in told.split("\n") for c in line)
    assert "x" * 29 not in told
