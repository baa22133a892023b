"""Three real logs, read with the short mappings of tests/data, agree with what a careful reader counted."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import offercast

MAPS = Path(__file__).parent / "data" / "maps"
AS_OF = {
    "wide_dates_us": date(2023, 3, 13),
    "outcomes_with_never_applied": date(2025, 7, 1),
    "stage_date_columns_academic": date(2018, 12, 12),
}


def read(histories: Path, name: str):
    history = offercast.read_history(histories / f"{name}.csv", mapping=MAPS / f"{name}.toml")
    return history, offercast.gather(history, as_of=AS_OF[name])


def reached(history, stage: str) -> int:
    return sum(any(event.kind == stage for event in a.events) for a in history.applications)


def test_wide_dates_us(histories: Path) -> None:
    """177 applied, 13 interviewed, 2 offers, 64 % silent; every answered one has its answer."""
    history, evidence = read(histories, "wide_dates_us")
    assert (evidence.sent, reached(history, "interview"), reached(history, "offer")) == (177, 13, 2)
    counts = evidence.counts().sum(axis=0)
    silent = counts[1, 2]
    assert silent == 113
    assert round(100 * silent / 177) == 64
    noes = sum(any(e.kind in ("rejected", "closed") for e in a.events) for a in history.applications)
    assert (
        noes == 59
    )  # 49 rejected, 8 after an interview, 1 removed, 1 that silence was noted beside a date of rejection
    assert (history.first_date, history.last_date) == (date(2021, 11, 13), date(2023, 3, 1))
    assert history.reading.date_order == "month first"


def test_outcomes_with_never_applied(histories: Path) -> None:
    """88 rows, 33 never applied, 55 applied, 3 interviews, 2 offers (1 declined), 18 rejected; referrals 3 of 6."""
    history, evidence = read(histories, "outcomes_with_never_applied")
    assert (evidence.applications, evidence.sent) == (88, 55)
    kinds = [event.kind for a in history.applications for event in a.events]
    assert (
        kinds.count("interview"),
        kinds.count("declined"),
        kinds.count("accepted"),
        kinds.count("rejected"),
    ) == (3, 1, 1, 18)
    counts = evidence.counts().sum(axis=0)
    assert counts[0].tolist() == [55, 0, 33]
    assert counts[5, 0] == 2  # second interview -> offer: declined and accepted
    by_channel = {"referral": [0, 0], "cold": [0, 0]}
    for a in history.applications:
        sent = any(e.kind == "applied" for e in a.events)
        by_channel[a.channel][0] += any(e.kind == "interview" for e in a.events)
        by_channel[a.channel][1] += sent
    assert by_channel == {"referral": [3, 6], "cold": [0, 49]}


def test_stage_date_columns_academic(histories: Path) -> None:
    """186 applied, 27 first interviews, 2 offers, no rejection logged; 21 of 95 against 6 of 91."""
    history, evidence = read(histories, "stage_date_columns_academic")
    assert (evidence.sent, reached(history, "interview"), reached(history, "offer")) == (186, 27, 2)
    counts = evidence.counts()
    assert counts[..., 1].sum() == 0
    by_track = {track: (counts[k, 1, 0], round(counts[k, 1].sum(), 6)) for k, track in enumerate(evidence.tracks)}
    assert by_track == {"Political science": (6, 91), "Public administration / policy": (21, 95)}


def test_public_administration_beats_political_science(histories: Path) -> None:
    """P > 0.95 on the way to a first interview, and over the whole ladder."""
    _, evidence = read(histories, "stage_date_columns_academic")
    posterior = offercast.fit(evidence, seed=1)
    assert posterior.health.verdict == "good", posterior.health.faults
    comparison = offercast.compare(posterior)
    (whole,) = comparison.whole.pairs
    (first,) = comparison.steps[0].pairs
    for pair in (whole, first):
        assert pair.better == "Public administration / policy"
        assert max(pair.chance_first_better, 1 - pair.chance_first_better) > 0.95


@pytest.mark.parametrize("name", ["wide_dates_us", "outcomes_with_never_applied"])
def test_the_rates_bracket_what_was_counted(histories: Path, name: str) -> None:
    """Old logs, hardly anything still to come: the pooled share that moved on lies in the 90 % interval."""
    _, evidence = read(histories, name)
    posterior = offercast.fit(evidence, seed=1)
    assert posterior.health.verdict == "good", posterior.health.faults
    counts = evidence.counts()[:, 1]
    weights = counts.sum(axis=1) / counts.sum()
    drawn = (posterior.advance[:, :, :, 0, 1] * weights).sum(axis=-1).ravel()
    share = counts[:, 0].sum() / counts.sum()
    low, high = np.quantile(drawn, [0.02, 0.98])
    assert low < share < high


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(AS_OF))
def test_fit_forecast_and_compare_run_on_each(histories: Path, tmp_path: Path, name: str) -> None:
    """The three commands, as typed, on the log itself."""
    common = [
        str(histories / f"{name}.csv"),
        "--map",
        str(MAPS / f"{name}.toml"),
        "--as-of",
        str(AS_OF[name]),
        "--json",
        "-q",
    ]
    for command in ("fit", "forecast", "compare"):
        done = subprocess.run(
            [sys.executable, "-m", "offercast", command, *common], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        body = json.loads(done.stdout)
        assert body["schema"] == f"offercast/{command}/1"
