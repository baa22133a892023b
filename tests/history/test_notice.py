"""What a careful reader would stumble over is said, with figures, and nothing is changed because of it."""

from datetime import date
from pathlib import Path

from offercast.history import Event, read_history
from offercast.history.mapping import Mapping


def notes(tmp_path: Path, text: str, **mapping) -> str:
    (tmp_path / "log.csv").write_text(text)
    return " | ".join(read_history(tmp_path / "log.csv", mapping=Mapping(**mapping) if mapping else None).reading.notes)


TIDY = "Company,Applied,Status,Status date\n" + "".join(
    f"C{i},2025-01-{i + 1:02},Rejected,2025-06-30\n" for i in range(12)
)


def test_a_day_of_housekeeping_is_named_and_can_be_told(tmp_path: Path) -> None:
    assert "12 of 12 ends are dated 2025-06-30" in notes(tmp_path, TIDY)
    assert "dated 2025-06-30" not in notes(tmp_path, TIDY.replace("2025-06-30", "2025-02-01", 10))
    history = read_history(tmp_path / "log.csv", mapping=Mapping(housekeeping=[date(2025, 6, 30)]))
    assert history.applications[-1].events[-1] == Event("rejected", date(2025, 1, 12), date(2025, 6, 30))


def test_days_that_a_form_filled_in(tmp_path: Path) -> None:
    rows = "".join(f"C{i},2025-01-{i + 1:02},2025-01-{i + 1:02}\n" for i in range(6))
    assert "Interview: 6 of 6 are dated on the day of applying" in notes(tmp_path, "Company,Applied,Interview\n" + rows)
    later = "".join(f"C{i},2025-01-{i + 1:02},2025-02-{i + 1:02}\n" for i in range(6))
    assert "day of applying" not in notes(tmp_path, "Company,Applied,Interview\n" + later)


def test_a_wait_of_more_than_a_year(tmp_path: Path) -> None:
    text = "Company,Applied,Interview\nA,2024-01-01,2025-03-01\nB,2025-01-01,2025-01-20\n"
    assert "a wait of 425 days in row 1 (2024-01-01 to 2025-03-01): a mistyped year?" in notes(tmp_path, text)


def test_counts_of_days_that_disagree_with_the_dates(tmp_path: Path) -> None:
    text = "Company,Applied,Rejected,Days\nA,2025-01-01,2025-01-11,10\nB,2025-01-01,2025-01-11,30\n"
    assert "counts of days that disagree with their dates: 1" in notes(
        tmp_path, text, columns={"Days": "days to rejected"}
    )


def test_copies_joined_spellings_and_companies_applied_to_again(tmp_path: Path) -> None:
    text = "Company,Applied,Track\nA,2025-01-01,full-stack\nA,2025-01-01,full-stack\nB,2025-01-02,Full Stack\n"
    said = notes(tmp_path, text)
    assert "exact copies of another: 1" in said
    assert 'tracks joined as "full-stack": full-stack, Full Stack' in said


def test_c_and_c_plus_plus_are_not_one_track(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("Company,Applied,Track\nA,2025-01-01,C\nB,2025-01-01,C++\nC,2025-01-02,C#\n")
    assert read_history(tmp_path / "log.csv").tracks == ("C", "C#", "C++")
