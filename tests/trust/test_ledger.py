"""Forecasts that are kept are there, whole, and scored as what came says; what is still to come waits."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

import offercast
from offercast.errors import InputError
from offercast.history import Application, Event, History
from offercast.report.ledger import ledger_json, ledger_text
from offercast.trust.ledger import FORMAT, Kept, keep, kept, read_ledger, score, search_of
from support import command

ROOT = Path(__file__).parents[2]
AS_OF = date(2026, 4, 2)


def made(as_of: date = AS_OF, **more) -> Kept:
    fixed = {
        "format": FORMAT, "search": "s", "kept_on": as_of, "as_of": as_of, "sent": 10, "in_flight": 5, "per_week": 3.0,
        "horizon_weeks": 52, "chances": {str(as_of + timedelta(days=30)): 0.2, str(as_of + timedelta(days=90)): 0.6},
        "days": {"0.5": as_of + timedelta(days=70), "0.8": as_of + timedelta(days=150), "0.9": None},
        "model": "m", "evidence": f"e {as_of}", "seed": 1,
    }  # fmt: skip
    return Kept(**(fixed | more))


def with_offer(ladder, *days: date) -> History:
    rows = [
        Application(str(i), "A", "cold", (Event("applied", AS_OF), Event("offer", day))) for i, day in enumerate(days)
    ]
    return History(ladder, (Application("x", "A", "cold", (Event("applied", AS_OF),)), *rows))


def test_what_is_kept_is_read_back(tmp_path, example_posterior) -> None:
    outlook = offercast.forecast_offer(example_posterior, searches=2000)
    days = (date(2026, 6, 1), date(2026, 9, 1))
    one = kept(outlook, example_posterior, days, search="s", kept_on=AS_OF)
    ledger = tmp_path / "data" / "ledger.jsonl"
    assert read_ledger(ledger) == ()
    assert keep(ledger, one)
    assert not keep(ledger, one)  # the same forecast counts once
    assert read_ledger(ledger) == (one,)
    assert one.chances == {str(day): outlook.chance_by(day) for day in days}
    assert one.days["0.5"] == outlook.date_quantile(0.5)
    assert stat.S_IMODE(ledger.stat().st_mode) == 0o600
    words = ledger.read_text()
    assert "Company" not in words
    assert "Sales Engineer" not in words


def test_many_at_once_lose_nothing(tmp_path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: keep(ledger, made(AS_OF + timedelta(days=i))), range(40)))
    assert sorted(one.as_of for one in read_ledger(ledger)) == [AS_OF + timedelta(days=i) for i in range(40)]


def test_a_damaged_line_is_named_and_nothing_is_written(tmp_path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    keep(ledger, made())
    whole = ledger.read_bytes()
    for broken, told in (
        (b"{\n", "no kept forecast"),
        (msgspec.json.encode(made(format="other/9")), "this version reads"),
    ):
        ledger.write_bytes(whole + broken)
        with pytest.raises(InputError, match=told) as caught:
            keep(ledger, made(AS_OF + timedelta(days=1)))
        assert caught.value.problems[0].line == 2
        assert ledger.read_bytes() == whole + broken


def test_a_chance_is_settled_when_its_day_has_passed_and_not_before(ladder) -> None:
    """Chances by day 30 and 90; an offer on day 60; looked at on day 10, 45, 70 and 200.

    Settled as soon as an offer comes, the true ones would be counted before the others.
    """
    history = with_offer(ladder, AS_OF + timedelta(days=60))

    def at(days: int):
        found = score([made()], history, as_of=AS_OF + timedelta(days=days))
        return [(one.chance, one.came) for one in found.settled], found.waiting

    assert at(10) == ([], 2)
    assert at(45) == ([(0.2, False)], 1)
    assert at(70) == ([(0.2, False)], 1)
    assert at(200) == ([(0.2, False), (0.6, True)], 0)
    found = score([made()], history, as_of=AS_OF + timedelta(days=200))
    assert found.offers == (AS_OF + timedelta(days=60),)
    assert [found.came_true(share) for share in (0.5, 0.8, 0.9)] == [(1, 1), (1, 1), (0, 0)]
    none = score([made()], with_offer(ladder), as_of=AS_OF + timedelta(days=100))
    assert none.came_true(0.5) == (0, 1)
    assert none.came_true(0.8) == (0, 0)  # its day is still to come


def test_an_offer_before_the_forecast_is_not_the_next_one(ladder) -> None:
    history = with_offer(ladder, AS_OF, AS_OF + timedelta(days=40))
    assert score([made()], history, as_of=AS_OF + timedelta(days=50)).offers == (AS_OF + timedelta(days=40),)


def test_text_and_json_say_it(ladder) -> None:
    found = score([made(), made(AS_OF + timedelta(days=14))], with_offer(ladder), as_of=AS_OF + timedelta(days=110))
    text = ledger_text(found)
    assert "KEPT FORECASTS, 2 forecasts of this log" in text
    assert "Of 4 stated chances whose day has come 0 came true. On average they said 40 %." in text
    assert "Our 50 % dates came true 0 times in 2." in text
    assert "None of this log" in ledger_text(score([], with_offer(ladder), as_of=AS_OF))
    assert "Nothing yet: 2 stated chances" in ledger_text(score([made()], with_offer(ladder), as_of=AS_OF))
    document = ledger_json(found)
    json.dumps(document, allow_nan=False)
    section = (ROOT / "docs" / "json.md").read_text().split("## offercast/ledger/1")[1].split("## offercast")[0]
    for key in (*document, *document["forecasts"][0]):
        assert f"`{key}`" in section, key


def test_the_commands(tmp_path) -> None:
    log, ledger = tmp_path / "log.csv", str(tmp_path / "ledger.jsonl")
    offercast.write_history(offercast.read_history(offercast.example()).until(date(2026, 1, 10))[0], log)
    asked = ("forecast", str(log), "--as-of", "2026-01-10", "--by", "2026-02-01", "--searches", "2000", "--keep")
    done = command(*asked, OFFERCAST_LEDGER=ledger)
    assert done.returncode == 0, done.stderr
    assert f"kept in {ledger}" in done.stderr
    assert "kept already" in command(*asked, OFFERCAST_LEDGER=ledger).stderr
    offercast.write_history(offercast.read_history(offercast.example()), log, force=True)  # the search has gone on
    done = command("ledger", str(log), "--as-of", "2026-04-02", "-q", OFFERCAST_LEDGER=ledger)
    assert done.returncode == 0, done.stderr
    assert "KEPT FORECASTS, 1 forecast of this log" in done.stdout
    document = json.loads(
        command("ledger", str(log), "--as-of", "2026-04-02", "-q", "--json", OFFERCAST_LEDGER=ledger).stdout
    )
    assert (document["schema"], document["settled"]) == ("offercast/ledger/1", 1)
    (one,) = read_ledger(Path(ledger))
    assert one.search == search_of(log)
    for wrong, told in ((("--goal", "interview"), "leave out --goal"), (("--at-once", "2"), "limits")):
        done = command(*asked, *wrong, "-q", OFFERCAST_LEDGER=ledger)
        assert (done.returncode, done.stdout) == (2, "")
        assert told in done.stderr


def test_a_fit_cannot_be_kept(tmp_path, example_posterior) -> None:
    replace(example_posterior).save(tmp_path / "fit.npz")
    done = command("forecast", str(tmp_path / "fit.npz"), "--keep", "-q", OFFERCAST_LEDGER=str(tmp_path / "l"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "--keep needs the log" in done.stderr
