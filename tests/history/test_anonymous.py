"""A shared log tells the same numbers and names nobody."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import offercast
from offercast.history.anonymous import anonymise, random_shift
from offercast.history.writing import canonical_text


def test_the_evidence_is_the_same_and_nobody_is_in_it() -> None:
    example = offercast.read_history(offercast.example())
    named = tuple(
        replace(a, company=f"Firm {a.company}", note="call Ann", title="my dream") for a in example.applications
    )
    history = replace(example, applications=named)
    shift = timedelta(weeks=-99)
    hidden = anonymise(history, shift=shift, hide_tracks=True)
    before = offercast.gather(history, as_of=history.last_date)
    after = offercast.gather(hidden, as_of=history.last_date + shift)
    assert after.cells == before.cells
    assert after.in_flight == before.in_flight
    assert after.recent == before.recent
    assert hidden.tracks == ("track 1", "track 2", "track 3")
    text = canonical_text(hidden)
    assert not any(word in text for word in ("Firm", "Ann", "dream"))


def test_one_company_keeps_one_number_and_weekdays_stay(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "Company,Role,Applied,Notes\nAcme,Dev,2025-01-06,call me\nBeta,Ops,2025-01-07,\nacme ,QA,2025-01-08,\n"
    )
    history = offercast.read_history(tmp_path / "log.csv")
    hidden = anonymise(history, shift=random_shift())
    assert [a.company for a in hidden.applications] == ["Company 1", "Company 2", "Company 1"]
    assert [a.first.weekday() for a in map(first_day, hidden.applications)] == [0, 1, 2]
    assert not any(a.note or a.came_from for a in hidden.applications)
    shifts = {random_shift() for _ in range(50)}
    assert len(shifts) > 10
    assert all(shift.days % 7 == 0 and -520 * 7 <= shift.days <= -52 * 7 for shift in shifts)


class first_day:  # noqa: N801 - reads as a word
    def __init__(self, application) -> None:
        self.first = min(application.days)
