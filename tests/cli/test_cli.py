"""The command line, end to end: what it prints, where, and with which exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import offercast
from support import command as run

EXAMPLE = str(offercast.example())


def in_a_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "offercast", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def fit_file(tmp_path_factory, example_posterior) -> str:
    path = tmp_path_factory.mktemp("fit") / "fit.npz"
    example_posterior.save(path)
    return str(path)


def test_the_demo_tells_the_whole_story_twice_alike(tmp_path: Path) -> None:
    """First numbers before the fit, then everything; the second run takes the kept fit and says the same."""
    first = in_a_process("demo", OFFERCAST_CACHE=str(tmp_path))
    assert first.returncode == 0, first.stderr
    order = ["FIRST NUMBERS", "HOW LIKELY EACH STEP IS", "APPLICATIONS TO A FIRST OFFER", "WHEN THE FIRST OFFER COMES",
             "none by", "APPLICATIONS SENT FROM NOW ON", "TRACKS COMPARED", "TRUST"]  # fmt: skip
    places = [first.stdout.index(words) for words in order]
    assert places == sorted(places)
    assert "read 105 applications and 20 never sent, 3 tracks" in first.stderr
    again = run("demo", OFFERCAST_CACHE=str(tmp_path))
    assert again.stdout == first.stdout
    assert "fitting" in first.stderr
    assert "fitting" not in again.stderr


def test_check_shows_how_a_log_was_read(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("Company,Date Applied,Status\nA,2025-01-17,Applied\nB,2025-01-20,Rejected\n")
    done = run("check", str(log))
    assert done.returncode == 0
    assert "date of applied" in done.stdout
    assert "Applied → Response" in done.stdout
    assert "as of 2025-01-20 (the log's last day)" in done.stderr
    body = json.loads(run("check", str(log), "--json", "-q").stdout)
    assert (body["schema"], body["sent"], body["open"]) == ("offercast/check/1", 2, 1)


def test_a_log_that_is_kept_up_to_date_is_read_as_of_today(tmp_path: Path) -> None:
    from datetime import date, timedelta

    log = tmp_path / "log.csv"
    log.write_text(f"Company,Date Applied,Status\nA,{date.today() - timedelta(days=3)},Applied\n")
    assert "(today)" in run("check", str(log)).stderr


def test_fit_forecast_compare_from_a_log_and_from_a_fit(tmp_path: Path) -> None:
    """The closed-form engine is enough to follow the commands; a fit file gives the same as its log."""
    out = tmp_path / "fit.npz"
    done = run("fit", EXAMPLE, "--engine", "independent", "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert "baseline" in done.stdout
    assert out.exists()
    again = run("fit", EXAMPLE, "--engine", "independent", "-o", str(out))
    assert again.returncode == 4
    assert "--force" in again.stderr
    for command in ("forecast", "compare"):
        fewer = ("--searches", "20000") if command == "forecast" else ()
        from_log = run(command, EXAMPLE, "--engine", "independent", *fewer)
        from_fit = run(command, str(out), *fewer)
        assert from_log.returncode == from_fit.returncode == 0, from_fit.stderr
        assert from_log.stdout == from_fit.stdout


def test_forecast_takes_a_plan(fit_file: str) -> None:
    done = run("forecast", fit_file, "--per-week", "Sales Engineer=4", "--per-week", "Developer Advocate:referral=1",
               "--pause", "2026-05-01/2026-05-20", "--by", "2026-07-01", "--json", "-q")  # fmt: skip
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert body["plan"]["paces"][1] == {
        "track": "Developer Advocate", "channel": "referral", "per_week": [1.0], "cost": 1.0,
    }  # fmt: skip
    assert body["plan"]["pauses"] == [{"first": "2026-05-01", "last": "2026-05-20", "name": None}]
    assert [row["date"] for row in body["chance_by"]] == ["2026-07-01"]
    assert 0 < body["chance_by"][0]["chance"] < 1
    total = json.loads(run("forecast", fit_file, "--per-week", "10", "--json", "-q").stdout)
    assert sum(pace["per_week"][0] for pace in total["plan"]["paces"]) == pytest.approx(10)


def forecast(fit_file: str, *arguments: str) -> dict:
    done = run("forecast", fit_file, "--json", "-q", "--searches", "20000", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_what_if_knows_its_difference_better_than_its_parts(fit_file: str) -> None:
    body = forecast(fit_file, "--what-if", "Sales Engineer=+3")
    before = {pace["track"]: pace for pace in body["plan"]["paces"] if pace["channel"] == "cold"}
    after = {pace["track"]: pace for pace in body["what_if"]["plan"]["paces"] if pace["channel"] == "cold"}
    assert after["Sales Engineer"]["per_week"][0] == pytest.approx(before["Sales Engineer"]["per_week"][0] + 3)
    later = body["what_if"]["difference_by"][1]
    assert later["difference"] > 0
    assert later["simulation_standard_error"] < 0.5 * later["simulation_standard_error_apart"]
    told = run("forecast", fit_file, "-q", "--what-if", "Sales Engineer=+3", "--what-if", "Software Engineer=0").stdout
    assert "WHAT IF: Sales Engineer=+3, Software Engineer=0" in told
    assert "difference in points" in told


def test_plans_of_every_kind(fit_file: str) -> None:
    weeks = forecast(fit_file, "--per-week", "Sales Engineer=5,0,10")
    assert weeks["plan"]["paces"][0]["per_week"] == [5.0, 0.0, 10.0]
    early = forecast(fit_file, "--weekdays", "3,3,2,1,1,0,0")["plan"]["weekday_shares_from_monday"]
    assert early == pytest.approx([0.3, 0.3, 0.2, 0.1, 0.1, 0, 0])
    budget = forecast(fit_file, "--per-week", "Sales Engineer=4", "--budget", "60", "--cost", "Sales Engineer=5")
    assert budget["plan"]["counts"]["law"] == "fixed"
    assert max(q["applications_sent"] or 0 for q in budget["quantiles"]) <= 12
    assert forecast(fit_file, "--counts", "rhythm")["plan"]["counts"]["weeks"]
    uneven = forecast(fit_file, "--counts", "negative-binomial:0.5", "--market", "0.8")
    assert (uneven["plan"]["counts"]["dispersion"], uneven["market_sd_log_odds"]) == (0.5, 0.8)
    quiet = forecast(fit_file, "--lull", "2026-04-10/2026-09-30=0.2", "--holidays", "DE-BY")
    plain = forecast(fit_file)
    assert quiet["chance_by"][2]["chance"] < plain["chance_by"][2]["chance"]
    assert {p["name"] for p in quiet["plan"]["pauses"]} == {"public holidays of DE-BY"}
    sooner = forecast(fit_file, "--goal", "interview")
    assert sooner["goal"] == "interview"
    assert sooner["chance_by"][0]["chance"] > plain["chance_by"][0]["chance"]


def test_a_plan_is_told_in_words(fit_file: str) -> None:
    told = run(
        "forecast", fit_file, "-q", "--per-week", "Sales Engineer=4,0,6", "--counts", "fixed", "--budget", "40",
        "--pause", "2026-05-01/2026-05-20", "--holidays", "US", "--lull", "2026-12-15/2027-01-08=0.5",
        "--contract-ends", "2026-08-31", "--goal", "accepted", "--market", "0.5",
    ).stdout  # fmt: skip
    for words in (
        'WHEN "ACCEPTED" IS FIRST REACHED',
        "on average 3.3 applications a week",
        "Sales Engineer 4, 0, then 6",
        "exactly so many every week",
        "until the budget ends: 40 applications",
        "nothing is sent from 2026-05-01 to 2026-05-20",
        "public holidays of US",
        "supposed: what enters a stage from 2026-12-15 to 2027-01-08 moves on 0.5 times as often",
        "by 31 August 2026, the end of your contract",
        "supposed: a market that shifts all first replies together (sd 0.5 in log-odds)",
    ):
        assert words in told, words


def test_a_forecast_can_be_checked(fit_file: str) -> None:
    body = forecast(fit_file, "--check")
    assert [row["agrees"] for row in body["checked"]] == [True] * 3
    assert all(row["low"] < row["chance"] < row["high"] for row in body["checked"])
    told = run("forecast", fit_file, "-q", "--check").stdout
    assert "8 in 10 sets of rates that fit the log" in told
    assert "the two methods agree" in told


def test_limits_are_counted_in_and_told(fit_file: str) -> None:
    free, busy = forecast(fit_file, "--per-week", "40"), forecast(fit_file, "--per-week", "40", "--at-once", "1")
    assert (free["limits"], busy["limits"]["at_once"]) == (None, 1)
    assert busy["chance_by"][1]["chance"] < free["chance_by"][1]["chance"] - 0.05
    told = run(
        "forecast", fit_file, "-q", "--searches", "5000", "--at-once", "2", "--when-full", "lose", "--patience", "20",
        "--pause-from", "second_interview", "--learning", "0.3", "--accept", "0.6", "--hold", "10",
    ).stdout  # fmt: skip
    for words in (
        "at most 2 at once from interview on; a further one is lost; after 20 silent days a place is free",
        "nothing is sent while one is at second_interview or beyond",
        "makes the next ones better (by 0.3 in log-odds)",
        "accepted at once with the chance 0.6, else held for 10 days",
    ):
        assert words in told, words


def test_any_number_of_workers_gives_the_same_document(fit_file: str) -> None:
    one, four = (run("forecast", fit_file, "--json", "-q", "--workers", n).stdout for n in ("1", "4"))
    assert one == four != ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--counts", "binomial"], "give one of poisson, fixed, rhythm"),
        (["--counts", "negative-binomial"], "needs a dispersion"),
        (["--counts", "rhythm", "--per-week", "3"], "leave out --per-week"),
        (["--counts", "poisson", "--budget", "10"], "needs fixed weekly counts"),
        (["--cost", "Sales Engineer=3"], "give --budget, too"),
        (["--budget", "10", "--per-week", "Sales Engineer=3", "--cost", "Software Engineer=3"], "nothing of the kind"),
        (["--holidays", "Atlantis"], "is no country known"),
        (["--holidays", "DE-XX"], "is no region known"),
        (["--weekdays", "1,1,1"], "give seven numbers"),
        (["--weekdays", "0,0,0,0,0,0,0"], "give seven numbers"),
        (["--lull", "2026-12-15/2027-01-08"], "write FIRST/LAST=FACTOR"),
        (["--lull", "2026-12-15/2027-01-08=2"], "give a number from 0 to 1"),
        (["--goal", "interveiw"], "Did you mean"),
        (["--goal", "applied"], "is no stage that an application can reach"),
        (["--what-if", "Sales Engineer"], "write TRACK=+N"),
        (["--patience", "10"], "--patience means nothing alone"),
        (["--at-once", "2", "--counts", "fixed"], "limits need Poisson weeks"),
        (["--at-once", "2", "--check"], "leave out --goal, --market, --check"),
        (["--at-once", "2", "--from-stage", "interveiw"], "limits cannot begin at"),
        (["--accept", "often"], 'give a chance such as 0.6, or "own"'),
        (["--what-if", "Sales=+1"], 'no track "Sales"'),
        (["--contract-ends", "2020-01-01"], "--contract-ends 2020-01-01: give a day after"),
        (["--per-week", "Sales Engineer=3,x"], '"x" is not a number'),
    ],
)
def test_a_wrong_forecast_option_is_named(fit_file: str, arguments: list[str], message: str) -> None:
    done = run("forecast", fit_file, "-q", *arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bigger_plan_is_sooner_and_the_seed_is_kept(fit_file: str) -> None:
    def chance(*arguments: str) -> float:
        return forecast(fit_file, *arguments)["chance_by"][1]["chance"]

    assert chance("--per-week", "2") < chance("--per-week", "20")
    assert chance("--seed", "5") == chance("--seed", "5") != chance("--seed", "6")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("forcast",), 2, 'there is no command "forcast". Did you mean "forecast"?'),
        (("check",), 2, "Missing argument"),
        (("check", "nowhere.csv"), 3, "nowhere.csv: there is no such file"),
        (("fit", "nowhere.npz"), 3, "nowhere.npz: there is no such file"),
        (("forecast", "FIT", "--per-week", "Devrel=3"), 2, 'there is no track "Devrel"'),
        (("forecast", "FIT", "--per-week", "Sales Enginer=3"), 2, 'Did you mean "Sales Engineer"?'),
        (("forecast", "FIT", "--per-week", "Sales Engineer:refferal=3"), 2, 'Did you mean "referral"?'),
        (("forecast", "FIT", "--per-week", "Sales Engineer=many"), 2, '"many" is not a number'),
        (("forecast", "FIT", "--per-week", "-3"), 2, "give a number from 0 to 10,000"),
        (("forecast", "FIT", "--per-week", "3", "--per-week", "4"), 2, "give one total"),
        (("forecast", "FIT", "--by", "2020-01-01"), 2, "give a day after 2026-04-02"),
        (("forecast", "FIT", "--by", "2030-01-01"), 2, "beyond the horizon"),
        (("forecast", "FIT", "--by", "soon"), 2, '"soon" is not a date'),
        (("forecast", "FIT", "--pause", "2026-05-20/2026-05-01"), 2, "ends before it starts"),
        (("forecast", "FIT", "--weeks", "0"), 2, "0 is not in the range"),
        (("forecast", "FIT", "--as-of", "2026-01-01"), 2, "--as-of belongs to a log"),
        (
            ("forecast", "FIT", "--per-week", "Sales Engineer=2", "--per-week", "Sales Engineer:cold=3"),
            2,
            "is given twice",
        ),
        (("compare", "FIT", "--channel", "pigeon"), 2, 'no channel "pigeon"'),
        (("check", EXAMPLE, "--as-of", "2020-01-01"), 2, "before the first day of the log"),
        (("check", EXAMPLE, "--model", "bluprint"), 2, 'Did you mean "blueprint"'),
        (("fit", EXAMPLE, "-o", "fit.csv"), 2, "the name of a fit ends in .npz"),
        (
            ("fit", EXAMPLE, "--engine", "independent", "-o", "/no/such/folder/fit.npz"),
            4,
            "cannot be written",
        ),
    ],
)
def test_a_wrong_command_is_one_clear_message(
    arguments, code: int, message: str, fit_file: str, tmp_path: Path
) -> None:
    done = run(*(fit_file if a == "FIT" else a for a in arguments), cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [], "something was written"


def test_wrong_data_are_told_all_at_once_with_exit_3(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("application_id,date,event\n1,2025-02-30,applied\n2,2025-01-03,intervew\n")
    for command in ("check", "fit", "forecast", "compare"):
        done = run(command, "log.csv", cwd=tmp_path)
        assert done.returncode == 3
        assert done.stderr.splitlines() == [
            'log.csv:2: date: "2025-02-30" is not a date (February 2025 has 28 days). Write YYYY-MM-DD.',
            'log.csv:3: event: "intervew" is no stage and no exit. Did you mean "interview"?',
        ]
        assert done.stdout == ""


@pytest.mark.parametrize(
    "rows", ["", "1,2025-03-01,applied\n", "".join(f"{i},2025-03-01,applied\n" for i in range(40))]
)
def test_nothing_one_and_forty_silent_ones_still_get_an_answer(tmp_path: Path, rows: str) -> None:
    """The whole way with the full model is in test_engines; here every command answers and says so plainly."""
    log = tmp_path / "log.csv"
    log.write_text("application_id,date,event\n" + rows)
    for command in ("check", "fit", "forecast", "compare"):
        engine = () if command == "check" else ("--engine", "independent")
        done = run(command, str(log), "--as-of", "2025-05-01", *engine)
        assert done.returncode == 0, done.stderr
        assert "not enough" not in done.stdout + done.stderr


def test_a_poor_fit_is_shown_and_leaves_with_5(example_posterior, tmp_path: Path) -> None:
    from dataclasses import replace

    poor = replace(example_posterior, health=replace(example_posterior.health, r_hat=1.5))
    poor.save(tmp_path / "poor.npz")
    done = run("compare", str(tmp_path / "poor.npz"))
    assert done.returncode == 5
    assert "TRACKS COMPARED" in done.stdout
    assert "SAMPLER NOT HEALTHY" in done.stdout


def test_a_closed_pipe_is_quiet(fit_file: str) -> None:
    """The reader of a pipe goes away before anything is printed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "offercast", "compare", fit_file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    error = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait() == 0, error
    assert "Traceback" not in error
    assert "BrokenPipe" not in error


def test_ctrl_c_is_130_and_leaves_nothing(tmp_path: Path) -> None:
    """Interrupted in the middle of the fit."""
    import signal

    process = subprocess.Popen(
        [sys.executable, "-m", "offercast", "fit", EXAMPLE, "--engine", "nuts", "--no-cache", "-o", str(tmp_path / "fit.npz")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for line in process.stderr:
        if "preparing" in line:
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 130, error
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_broken_cache_is_no_fault(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    good = run("compare", EXAMPLE, "--engine", "independent", OFFERCAST_CACHE=str(cache))
    (kept,) = cache.glob("*.npz")
    kept.write_bytes(b"broken")
    again = run("compare", EXAMPLE, "--engine", "independent", OFFERCAST_CACHE=str(cache))
    assert again.stdout == good.stdout
    (tmp_path / "file").write_text("in the way")
    blocked = run("compare", EXAMPLE, "--engine", "independent", OFFERCAST_CACHE=str(tmp_path / "file"))
    assert blocked.stdout == good.stdout


def test_other_code_makes_another_fit(tmp_path: Path, monkeypatch) -> None:
    """A copy of the repository that has moved on does not show the fits of before."""
    cache = tmp_path / "cache"
    for code in ("before", "before", "after"):
        monkeypatch.setattr("offercast.cli.cache._code", lambda code=code: code)
        assert run("compare", EXAMPLE, "--engine", "independent", OFFERCAST_CACHE=str(cache)).returncode == 0
    assert len(list(cache.glob("*.npz"))) == 2


def test_version_and_help() -> None:
    assert in_a_process("--version").stdout.strip() == f"offercast {offercast.__version__}"
    told = in_a_process("--help").stdout
    for command in ("demo", "check", "fit", "forecast", "compare"):
        assert f"\n  {command} " in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_behind_a_redirection_is_4(fit_file: str) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "offercast", "compare", fit_file],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 4
    assert "the output could not be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_date_after_today_is_named_and_not_counted(tmp_path: Path) -> None:
    from datetime import date, timedelta

    log = tmp_path / "log.csv"
    today = date.today()
    log.write_text(
        f"Company,Date Applied,Status\nA,{today.replace(year=today.year + 1, day=1)},Applied\nB,{today - timedelta(days=2)},Applied\n"
    )
    done = run("check", str(log))
    assert "dated after today and not counted: 1" in done.stderr
    assert f"as of {today} (today)" in done.stderr


def test_an_old_view_says_so(tmp_path: Path, fit_file: str) -> None:
    log = tmp_path / "log.csv"
    log.write_text("Company,Date Applied,Status\nA,2025-01-17,Applied\nB,2025-01-20,Interview\n")
    assert "this is the view of 2025-01-20" in run("check", str(log)).stderr
    assert "this is the view of" not in run("check", str(log), "--as-of", "2025-02-20").stderr
    told = run("compare", fit_file).stderr
    assert "this is the view of 2026-04-02" in told
    assert "fit it again" in told  # --as-of is refused for a fit


def test_a_plan_of_nothing_is_told_plainly(fit_file: str) -> None:
    done = run("forecast", fit_file, "--per-week", "0", "-q")
    assert "plan: nothing new is sent" in done.stdout
    assert "APPLICATIONS SENT" not in done.stdout


def test_a_kept_fit_takes_the_pace_of_the_log_at_hand(tmp_path: Path) -> None:
    """The same answers on other days are the same fit, but not the same pace."""
    log = tmp_path / "log.csv"
    cache = {"OFFERCAST_CACHE": str(tmp_path / "cache")}

    def pace(month: str) -> float:
        rows = "".join(f"{i},2025-{month}-02,applied\n{i},2025-{month}-09,rejected\n" for i in range(16))
        log.write_text("application_id,date,event\n" + rows + "x,2025-07-01,applied\n")
        done = run("forecast", str(log), "--as-of", "2025-07-01", "--engine", "independent", "--json", "-q", **cache)
        return sum(p["per_week"][0] for p in json.loads(done.stdout)["plan"]["paces"])

    assert pace("01") == pytest.approx(1 / 8)
    assert pace("06") == pytest.approx(17 / 4.2857, rel=0.2)


def test_every_decision_has_its_command(fit_file: str) -> None:
    """Each in text and JSON, from a fit; the numbers hang together."""
    body = json.loads(run("plan", fit_file, "--by", "2026-10-01", "--json", "-q").stdout)
    assert body["chance_at_the_pace"] == pytest.approx(0.8, abs=1e-6)
    assert body["chain"][0]["mean"] > body["chain"][-1]["mean"]
    body = json.loads(run("effort", fit_file, "--by", "2026-10-01", "--hours", "8", "--json", "-q").stdout)
    assert sum(kind["hours"] for kind in body["kinds"]) == pytest.approx(8, abs=1e-6)
    assert "recruiter" not in {kind["channel"] for kind in body["kinds"]}
    body = json.loads(run("offer", fit_file, "--value", "60", "--answer-by", "2026-04-20", "--json", "-q").stdout)
    assert body["verdict"] in ("take", "wait", "even")
    assert sum(body["of_those_who_say_no"][k] for k in ("better_in_the_end", "worth_less", "none_by_the_horizon")) == (
        pytest.approx(1.0)
    )
    body = json.loads(run("waiting", fit_file, "--json", "-q").stdout)
    assert sum(row["count"] for row in body["applications"]) == body["open"] > 0
    body = json.loads(run("compare", fit_file, "--json", "-q", "--takes", "cold=2").stdout)
    assert body["more_to_know"]["tried"][0] == 10
    assert min(body["hours_each"].values()) >= 2.0
    body = json.loads(run("insights", fit_file, "--json", "-q").stdout)
    kinds = [fact["kind"] for fact in body["facts"]]
    assert "Moves" in kinds
    assert body["not_looked_for"] == ["Streak", "Quiet", "Drift"]
    for arguments in (
        ("plan", "--by", "2026-10-01"), ("effort", "--by", "2026-10-01", "--hours", "8"),
        ("offer", "--value", "60", "--answer-by", "2026-04-20"), ("waiting",), ("compare",),
        ("insights",),
    ):  # fmt: skip
        done = run(arguments[0], fit_file, "-q", *arguments[1:])
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert "TRUST" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "--by", "2020-01-01"], "has passed"),
        (["plan", "--by", "2026-10-01", "--chance", "120%"], "between 0 and 1"),
        (["plan", "--by", "2026-10-01", "--chance", "likely"], "Write 0.8 or 80%"),
        (["plan", "--by", "2026-10-01", "--counts", "fixed"], "leave out --counts"),
        (["effort", "--by", "2026-10-01", "--hours", "0"], "0 hours a week"),
        (["effort", "--by", "2026-10-01", "--hours", "5", "--takes", "referral"], "write CHANNEL=N"),
        (["effort", "--by", "2026-10-01", "--hours", "5", "--takes", "pigeon=1"], 'no channel "pigeon"'),
        (["effort", "--by", "2026-10-01", "--hours", "5", "--at-most", "Designer:cold=1"], 'no track "Designer"'),
        (["effort", "--by", "2026-10-01", "--hours", "5", "--at-most", "cold=x"], "is not a number"),
        (["compare", "--takes", "cold=0"], "an application of 0 hours is not possible"),
        (["compare", "--takes", "pigeon=1"], 'no channel "pigeon"'),
        (["insights", "--as-of", "2026-01-01"], "--as-of belongs to a log"),
        (["offer", "--value", "0", "--answer-by", "2026-04-20"], "give a number above 0"),
        (["offer", "--value", "60", "--answer-by", "2026-01-01"], "was due on 2026-01-01"),
    ],
)
def test_a_wrong_decision_option_is_named(fit_file: str, arguments: list[str], message: str) -> None:
    done = run(arguments[0], fit_file, "-q", *arguments[1:])
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_insights_of_a_log_know_its_order_and_those_of_a_baseline_are_refused(fit_file: str) -> None:
    told = run("insights", EXAMPLE, "-q", "--as-of", "2026-04-02").stdout
    assert "Silences in a row:" in told
    assert "Not looked for" not in told
    refused = run("insights", EXAMPLE, "-q", "--engine", "independent", "--no-cache")
    assert refused.returncode == 2
    assert "leave out --engine independent" in refused.stderr
