"""Laws that must hold whatever the numbers are: tried on many, not on one."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

import offercast
from offercast.evidence import gather
from offercast.forecast import Plan, exact_curve
from offercast.history import Application, Event, History
from offercast.inference import Posterior
from offercast.inference.waits import cdf, silent_parts
from offercast.modelfile import load_model

LADDER = load_model().ladder
START = date(2026, 1, 5)
STEPS = tuple(LADDER.steps[s].id for s in LADDER.steps_to_goal("cold"))
chances = st.lists(st.floats(0.01, 0.99), min_size=5, max_size=5).map(
    lambda found: dict(zip(STEPS, found, strict=True))
)
paces = st.floats(0.0, 20.0)


LIKELY = dict.fromkeys(STEPS, 0.875)


@settings(max_examples=40, deadline=None)
@example(LIKELY, LIKELY, [0.0, 0.0], [17.0, 20.0])  # what wraps around on the grid was seen on the first day
@given(chances, chances, st.lists(paces, min_size=2, max_size=2), st.lists(paces, min_size=2, max_size=2))
def test_more_applications_never_make_the_chance_smaller(one, other, few, more) -> None:
    posterior = Posterior.from_chances({"A": one, "B": other})
    added = [a + b for a, b in zip(few, more, strict=True)]
    low, high = (
        exact_curve(posterior, Plan.per_week(dict(zip("AB", pace, strict=True))), horizon_weeks=20, draws=1)
        for pace in (few, added)
    )
    assert (high - low >= -1e-9).all()
    assert (np.diff(high, axis=1) >= -1e-9).all()  # and no day takes an offer back


@settings(max_examples=40, deadline=None)
@given(chances, st.sampled_from(STEPS), st.floats(1.0, 3.0), paces)
def test_a_better_step_never_makes_the_chance_smaller(one, step, factor, pace) -> None:
    better = {**one, step: min(one[step] * factor, 1.0)}
    low, high = (
        exact_curve(Posterior.from_chances({"A": of}), Plan.per_week({"A": pace}), horizon_weeks=20, draws=1)
        for of in (one, better)
    )
    assert (high - low >= -1e-9).all()


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.01, 0.99), st.floats(0.0, 1.0), st.floats(0.5, 4.0), st.floats(0.5, 4.0), st.floats(0.15, 1.2),
    st.floats(0.15, 1.2), st.floats(0.0, 150.0), st.floats(0.1, 20.0),
)  # fmt: skip
def test_silence_lowers_the_chance_where_a_yes_is_due_sooner_than_a_no(p, w, m, n, a, b, waited, further) -> None:
    """The share that still comes falls while the hazard of a yes is at least that of a no among those that will not
    advance; where noes come faster, a silence can be good news, and then it rises.
    """

    def at(days: float) -> tuple[float, float]:
        coming, silent = silent_parts(p, w, cdf(days, m, a, 180.0), cdf(days, n, b, 180.0))
        return float(coming), float(silent)

    (coming, silent), (later, quiet) = at(waited), at(waited + further)
    assume(coming > 1e-9)
    yes_left, no_left = later / coming, quiet / silent
    before, after = coming / (coming + silent), later / (later + quiet)
    assert (after <= before + 1e-12) == (yes_left <= no_left + 1e-12) or abs(yes_left - no_left) < 1e-9
    if w == 0.0:
        assert after <= before + 1e-12  # where nobody says no, silence is never good news


def logs(draw) -> tuple[Application, ...]:
    rows = []
    for number in range(draw(st.integers(1, 15))):
        sent = START + timedelta(days=draw(st.integers(0, 60)))
        events = [Event("applied", sent)]
        for stage in ("response", "phone", "interview"):
            if draw(st.booleans()):
                break
            events.append(Event(stage, events[-1].on + timedelta(days=draw(st.integers(0, 30)))))
        if draw(st.booleans()):
            events.append(Event("rejected", events[-1].on + timedelta(days=draw(st.integers(0, 30)))))
        rows.append(Application(str(number), draw(st.sampled_from("AB")), "cold", tuple(events)))
    return tuple(rows)


@settings(max_examples=60, deadline=None)
@given(st.composite(logs)(), st.integers(0, 150))
def test_an_application_of_today_changes_nothing_of_yesterday(rows, offset: int) -> None:
    today = START + timedelta(days=offset)
    fresh = Application("new", "C", "referral", (Event("applied", today),))
    yesterday = today - timedelta(days=1)
    assert gather(History(LADDER, (*rows, fresh)), as_of=yesterday) == gather(History(LADDER, rows), as_of=yesterday)


@settings(max_examples=60, deadline=None)
@given(st.composite(logs)(), st.integers(0, 200))
def test_other_names_of_tracks_give_the_same_counts(rows, offset: int) -> None:
    """A becomes Z: the counts are those of before, in the other order."""
    as_of = START + timedelta(days=offset)
    renamed = tuple(replace(a, track="Z" if a.track == "A" else a.track) for a in rows)
    one, other = gather(History(LADDER, rows), as_of=as_of), gather(History(LADDER, renamed), as_of=as_of)
    for track in one.tracks:
        place = other.tracks.index("Z" if track == "A" else track)
        assert one.counts()[one.tracks.index(track)].tolist() == other.counts()[place].tolist()


def test_other_names_of_tracks_give_the_same_rates() -> None:
    """Fitted under other names, in the other order: the same within the error of the draws."""
    history = offercast.read_history(offercast.example())
    names = {"Developer Advocate": "z", "Sales Engineer": "y", "Software Engineer": "x"}
    renamed = replace(history, applications=tuple(replace(a, track=names[a.track]) for a in history.applications))
    one, other = (offercast.fit(gather(h, as_of=history.last_date), seed=1) for h in (history, renamed))
    for track, name in names.items():
        a = np.log(one.offer_chance()[..., one.track_index(track)].ravel())
        b = np.log(other.offer_chance()[..., other.track_index(name)].ravel())
        assert abs(a.mean() - b.mean()) < 0.15 * a.std()
        assert b.std() == pytest.approx(a.std(), rel=0.15)
