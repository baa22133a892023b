"""Decisions against the truth, and what they cost beside the straightforward way.

    uv run python benchmarks/decisions.py [--quick] [--check] [--worlds N] [--workers N] [--only PART]
                                          [-o FILE] [--page]

Parts: truth (worlds from the priors), equal (tracks that are exactly the same), apart (tracks three times as far apart
as the priors expect: reported, not judged), costs (CPU seconds as ratios, in one run). The full run takes about 40
minutes of CPU; --quick ends within 50 s and shows that everything runs. --check exits 1 where a target is missed, -o
writes every figure as JSON, --page puts the tables into docs/calibration.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np

import offercast
from offercast.decisions import Kind, Worth, compare, counted_applications, spend_hours, waiting, weigh_offer
from offercast.decisions import work_backwards as plan_for
from offercast.decisions.backwards import scaled
from offercast.decisions.knowing import NUMBERS, TRUTHS, how_much_more
from offercast.forecast import Plan, forecast_offer
from offercast.history import History
from offercast.inference import Posterior
from offercast.trust.decided import CLAIMS, JudgeSearch, Record, equal_tracks, three_times_apart
from offercast.trust.following import FIRST, RULE, RULES, TAKE, draw_offers
from offercast.trust.futures import offers_to_come
from offercast.trust.parallel import in_order
from offercast.trust.rates import Rates, rates_of
from offercast.trust.reliability import EDGES, MOST
from offercast.trust.worlds import Log

PAGE = Path(__file__).parents[1] / "docs" / "calibration.md"
BEGIN, END = "<!-- decisions: begin -->", "<!-- decisions: end -->"
SEEDS = {"truth": 20261124, "equal": 20261125, "apart": 20261126}
WRONG, BIAS = 0.05, 0.25
"""The largest share of claims at 95 % that may be wrong, and the largest bias of a winner in posterior sds."""
ENOUGH = 100
"""Worlds from which on more is judged than the bands, which know how many there are."""


@dataclass(frozen=True)
class Part:
    """Lines of Markdown, figures for JSON, and what was missed."""

    lines: tuple[str, ...]
    figures: dict
    missed: tuple[str, ...] = ()


def record(search: JudgeSearch, worlds: int, workers: int) -> Record:
    """Judge so many worlds, telling every 25th."""
    found, begun = [], time.time()
    for one in in_order(search, worlds, workers=workers):
        found.append(one)
        if len(found) % 25 == 0:
            print(f"{len(found)} of {worlds}, {time.time() - begun:.0f} s", file=sys.stderr, flush=True)
    return Record(tuple(found))


def truth(options: argparse.Namespace) -> Part:
    return of_truth(record(JudgeSearch(SEEDS["truth"]), options.worlds, options.workers))


def of_truth(done: Record) -> Part:
    """The tables of worlds from the priors, and what they miss."""
    part = of_record(done)
    wrong, sure = done.wrong_when_sure
    bias, _ = done.winner_bias
    missed = [f"{name}: not calibrated" for name in CLAIMS if not done.claims(name).calibrated]
    if len(done.judged) < ENOUGH:
        return replace(part, missed=tuple(missed))
    missed += [f"{wrong} of {sure} claims at 95 % were wrong"] * (wrong > allowed(WRONG, sure))
    missed += [f"a winner's rate is stated {bias:.2f} sd too high"] * (abs(bias) > BIAS)
    for rival in (TAKE, FIRST):
        gain, error = done.gain(rival)
        missed += [f"the rule is worth {gain:.1f} (± {error:.1f}) more than: {rival}"] * (gain <= 0)
    surplus, error = done.promise
    missed += [f"waiting is promised {surplus:.1f} (± {error:.1f}) too much"] * (abs(surplus) > MOST * error)
    return replace(part, missed=tuple(missed))


def allowed(share: float, count: int) -> float:
    """The number that a share of so many throws stays below but for 1 in 1,000 runs."""
    return share * count + MOST * (share * (1 - share) * count) ** 0.5


def apart(options: argparse.Namespace) -> Part:
    """The same for worlds that the priors do not expect. Nothing is missed: nothing was promised."""
    search = JudgeSearch(SEEDS["apart"], truth=three_times_apart)
    return of_record(record(search, max(options.worlds * 2 // 5, 2), options.workers))


def of_record(done: Record) -> Part:
    worlds = len(done.judged)
    lines = [f"{worlds} worlds.", "", *table_of_claims(done), "", *table_of_bins(done), ""]
    wrong, sure = done.wrong_when_sure
    (bias, error), (ours, naive) = done.winner_bias, done.winner_ratio
    surplus, off = done.promise
    share = f"{wrong / max(sure, 1):.1%}; at most {WRONG:.0%}"
    lines.append(f"- Of {sure} comparisons called clear, at 95 % or more, {wrong} were wrong ({share}).")
    lines.append(f"- The winner's rate is stated too high by {bias:+.3f} (± {error:.3f}) posterior sds.")
    lines.append(f"- Summed over worlds it is {ours:.2f} times the true one; by plain counts, {naive:.2f} times.")
    lines += [f"- Waiting is said to be worth {surplus:+.1f} (± {off:.1f}) more than it is.", ""]
    lines += ["| an offer in hand | worth | the rule is worth more by |", "| --- | --- | --- |"]
    for rule in RULES:
        gain, error = done.gain(rule)
        more = "" if rule == RULE else f"{gain:+.1f} (± {error:.1f}), {gain / abs(done.worth(rule)[0]):.1%}"
        lines.append(f"| {rule} | {done.worth(rule)[0]:.1f} | {more} |")
    figures = {
        "worlds": worlds,
        "claims": {name: claims_of(done, name) for name in CLAIMS},
        "wrong_when_sure": [wrong, sure],
        "winner_bias": [bias, error],
        "winner_ratio": [ours, naive],
        "promise": [surplus, off],
        "worths": {rule: done.worth(rule) for rule in RULES},
        "gains": {rule: done.gain(rule) for rule in RULES[1:]},
    }
    return Part(tuple(lines), figures)


def claims_of(done: Record, name: str) -> dict:
    claims = done.claims(name)
    return {
        "claims": claims.chance.size,
        "claimed": float(claims.chance.mean()),
        "came": float(claims.true.mean()),
        "too_high": claims.too_high,
        "too_sure": claims.too_sure,
        "bins": [asdict(one) | {"inside": one.inside} for one in claims.bins()],
    }


def table_of_claims(done: Record) -> list[str]:
    """One row a kind of claim: how many, the two scores, and how many bins lie in their bands."""
    columns = ("what a chance was stated for", "claims", "mean chance", "came true")
    scores = ("too high by, se", "too sure by, se", "bins inside")
    lines = [f"| {' | '.join(columns + scores)} |", "| --- " * 7 + "|"]
    for name in CLAIMS:
        row = claims_of(done, name)
        inside = f"{sum(one['inside'] for one in row['bins'])} of {len(row['bins'])}"
        lines.append(
            f"| {name} | {row['claims']:,} | {row['claimed']:.1%} | {row['came']:.1%} "
            f"| {0.0 + row['too_high']:+.1f} | {row['too_sure']:+.1f} | {inside} |"
        )
    return lines


def table_of_bins(done: Record) -> list[str]:
    """The reliability diagram: a row a bin, a column a kind of claim; what came true in 100, and the band."""
    lines = [f"| stated, in 100 | {' | '.join(CLAIMS)} |", f"| --- |{' --- |' * len(CLAIMS)}"]
    columns = [{one.low: one for one in done.claims(name).bins()} for name in CLAIMS]
    for low, high in pairwise(EDGES):
        cells = [shown(column[low]) if low in column else "" for column in columns]
        lines.append(f"| {100 * low:g} to {100 * high:g} | {' | '.join(cells)} |")
    return lines


def shown(one) -> str:  # noqa: ANN001
    band = f"{100 * one.least:.0f} to {100 * one.most:.0f}"
    came = f"{100 * one.came:.{0 if one.high > 0.05 else 1}f} ({band}; {one.count})"
    return came if one.inside else f"**{came}**"


def equal(options: argparse.Namespace) -> Part:
    search = JudgeSearch(SEEDS["equal"], truth=equal_tracks, questions=("compare",))
    return of_equal(record(search, options.worlds, options.workers))


def of_equal(done: Record) -> Part:
    """How often equal tracks are told apart."""
    worlds = len(done.judged)
    whole, steps, crowned = done.clear
    rows = (
        ("two tracks, from sending to an offer", whole),
        ("two tracks, at one step", steps),
        ("one is the best", crowned),
    )
    lines = [f"{worlds} worlds. Claims at 95 % between tracks that are the same, all of them wrong:", ""]
    lines += ["| claim | made in | at most |", "| --- | --- | --- |"]
    lines += [f"| {name} | {share:.1%} | {WRONG:.0%} |" for name, share in rows]
    some = [float(np.mean([one.clear[place] > 0 for one in done.judged])) for place in (0, 2)]
    lines += [
        "",
        f"Searches with any: {some[0]:.1%} on the whole ladder, {some[1]:.1%} in fifteen comparisons of steps.",
    ]
    missed = [
        f"equal tracks are told apart, {name}: {share:.1%}"
        for name, share in rows
        if worlds >= ENOUGH and share > WRONG
    ]
    return Part(tuple(lines), {"worlds": worlds, **dict(rows), "searches with any": some}, tuple(missed))


def spent[T](what: Callable[[], T], runs: int = 2) -> tuple[float, T]:
    """The least CPU seconds of some runs, and what came of the last one."""
    costs = []
    for _ in range(runs):
        before = time.process_time()
        found = what()
        costs.append(time.process_time() - before)
    return min(costs), found


def costs(options: argparse.Namespace) -> Part:
    """Each decision from a fit of the embedded example beside the same answer had the straightforward way."""
    history = offercast.read_history(offercast.example())
    evidence = offercast.gather(history, as_of=history.last_date)
    fit, posterior = spent(lambda: offercast.fit(evidence, seed=1))
    rows = [a_plan(posterior, quick=options.quick), a_mix(posterior, quick=options.quick)]
    rows += [an_offer(posterior, quick=options.quick), more_to_know(posterior, fit)]
    lines = [
        "| decision | CPU s | the straightforward way | CPU s | times faster | do they agree |",
        "| --- " * 6 + "|",
    ]
    for row in rows:
        cells = f"{row['theirs']:,.1f} | {row['theirs'] / row['ours']:,.1f} | {row['said']}"
        lines.append(f"| {row['what']} | {row['ours']:.2f} | {row['way']} | {cells} |")
    alone = {
        "compare": spent(lambda: compare(posterior))[0],
        "waiting": spent(lambda: waiting(posterior, counted_applications(posterior)))[0],
    }
    shares = ", ".join(f"{name} {cost / fit:.2f}" for name, cost in alone.items())
    lines += ["", f"CPU time as a share of that of the fit itself ({fit:.2f} s): {shares}."]
    missed = [f"{r['what']}: {r['said']}" for r in rows if not r["agrees"]]
    return Part(tuple(lines), {"rows": rows, "fit": fit, **alone}, tuple(missed))


def a_plan(posterior: Posterior, *, quick: bool) -> dict:
    """The pace of the whole mix and of each track, by bisection on simulated forecasts to 1 % of the pace."""
    by, chance, searches = posterior.evidence.as_of + timedelta(days=182), 0.8, 5_000 if quick else 50_000
    ours, found = spent(lambda: plan_for(posterior, by=by, chance=chance))

    def simulated(plan: Plan, unit: float) -> float:
        low, high = 0.0, found.most_per_week
        while high - low > (0.05 if quick else 0.01) * high:
            pace = (low + high) / 2
            paces = tuple(replace(p, per_week=float(np.mean(p.each_week)) * pace / unit) for p in plan.paces)
            seen = forecast_offer(posterior, replace(plan, paces=paces), horizon_weeks=26, searches=searches, seed=1)
            low, high = (low, pace) if seen.chance_by(182) >= chance else (pace, high)
        return high

    def all_of_them() -> float:
        for track in found.by_track:
            plan = replace(found.plan, paces=tuple(p for p in found.plan.paces if p.track == track))
            simulated(plan, plan.total_per_week)
        return simulated(found.plan, found.plan.total_per_week)

    theirs, pace = spent(all_of_them, 1)
    kept = scaled(found.plan, found.per_week / found.plan.total_per_week)
    seen = forecast_offer(posterior, kept, horizon_weeks=26, searches=4 * searches, seed=2).chance_by(182)
    return {
        "what": "plan", "ours": ours, "theirs": theirs, "agrees": abs(seen - chance) <= 0.02,
        "way": f"bisection on forecasts of {searches:,} searches",
        "said": f"{found.per_week:.2f} and {pace:.2f} a week; at the first {seen:.1%} of {4 * searches:,} searches "
        f"have one by then, {chance:.0%} was asked",
    }  # fmt: skip


def a_mix(posterior: Posterior, *, quick: bool) -> dict:
    """Ten hours a week on three tracks: every mix in tenths, each by a simulated forecast; exact chances compared."""
    by, hours, searches = posterior.evidence.as_of + timedelta(days=182), 10.0, 2_000 if quick else 20_000
    kinds = [Kind(track, "cold", 1.0) for track in posterior.tracks]
    ours, found = spent(lambda: spend_hours(posterior, kinds, hours=hours, by=by))
    step = 5 if quick else 1
    tenths = [(a, b, 10 - a - b) for a in range(0, 11, step) for b in range(0, 11 - a, step)]

    def scanned() -> tuple[int, ...]:
        def seen(mix: tuple[int, ...]) -> float:
            plan = Plan.per_week({kind.track: float(n) for kind, n in zip(kinds, mix, strict=True) if n})
            return forecast_offer(posterior, plan, horizon_weeks=26, searches=searches, seed=1).chance_by(182)

        return max(tenths, key=seen)

    theirs, best = spent(scanned, 1)
    bound = [replace(kind, most_per_week=float(n)) for kind, n in zip(kinds, best, strict=True)]
    chance = spend_hours(posterior, bound, hours=hours, by=by).chance  # of the grid's mix, on the same draws
    return {
        "what": "effort", "ours": ours, "theirs": theirs, "agrees": found.chance >= chance - 1e-6,
        "way": f"{len(tenths)} mixes, each by {searches:,} searches",
        "said": f"its mix gives {found.chance:.2%}, the best of the grid {chance:.2%}",
    }  # fmt: skip


def an_offer(posterior: Posterior, *, quick: bool) -> dict:
    """What waiting is worth, nothing in flight: our rule and 30 fixed thresholds, all by simulated searches."""
    evidence = replace(posterior.evidence, in_flight=())
    posterior = replace(posterior, evidence=evidence)
    worth, weeks, paces = Worth(100.0, spread=0.25, per_week=1.0), 40, dict.fromkeys(posterior.tracks, 2.0)
    ours, advice = spent(
        lambda: weigh_offer(
            posterior, Plan.per_week(paces), value=70.0, worth=worth, answer_by=evidence.as_of, horizon_weeks=weeks
        )
    )
    rates, futures = rates_of(posterior, draws=50 if quick else 800), 50
    log = Log(History(posterior.ladder, (), "empty"), evidence.as_of, ())
    rules = [advice.reservation, *((least,) for least in np.linspace(10.0, 155.0, 30))]

    def simulated() -> np.ndarray:
        rng, found = np.random.default_rng(1), []
        for number in range(rates.size):
            world = one_of(rates, number)
            future, day = offers_to_come(
                world, log, posterior.ladder, list(paces.values()), days=7 * weeks, futures=futures, rng=rng
            )
            offers = draw_offers(future, day, worth, futures=futures, days=7 * weeks, rng=rng)
            found.append([offers.worth(offers.taken(rule), worth, weeks) for rule in rules])
        return np.array(found)

    theirs, found = spent(simulated, 1)
    means, error = found.mean(axis=0), found.std(axis=0, ddof=1) / rates.size**0.5
    fixed = 1 + int(np.argmax(means[1:]))
    ahead = (found[:, 0] - found[:, fixed]).std(ddof=1) / rates.size**0.5
    right = abs(means[0] - advice.waiting) <= MOST * error[0] + 0.01 * means[0]
    return {
        "what": "offer", "ours": ours, "theirs": theirs,
        "agrees": bool(right and means[0] >= means[fixed] - MOST * ahead),
        "way": f"30 fixed thresholds in {rates.size * futures:,} simulated searches",
        "said": f"it promises {advice.waiting:.1f} and is worth {means[0]:.1f} (± {error[0]:.1f}); the best threshold "
        f"{means[fixed]:.1f}",
    }  # fmt: skip


def one_of(rates: Rates, number: int) -> Rates:
    """One draw as a world."""
    arrays = {name: a[number : number + 1] for name, a in vars(rates).items() if isinstance(a, np.ndarray)}
    return replace(rates, **arrays)


def more_to_know(posterior: Posterior, fit: float) -> dict:
    """A refit for every truth, number and question would do it; the cost is that of one fit, times their number."""
    ours, _ = spent(lambda: how_much_more(posterior), 1)
    refits = TRUTHS * len(NUMBERS) * (1 + len(posterior.tracks))
    return {
        "what": "compare, how much more", "ours": ours, "theirs": refits * fit, "agrees": True,
        "way": f"{refits:,} refits, extrapolated from one", "said": "no refit was tried",
    }  # fmt: skip


PARTS = {"truth": truth, "equal": equal, "apart": apart, "costs": costs}
TITLES = {
    "truth": "Worlds from the priors", "equal": "Equal tracks",
    "apart": "Tracks three times as far apart as the priors expect", "costs": "What they cost",
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--worlds", type=int, help="of the parts truth and equal; two fifths of it for apart")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=list(PARTS), action="append")
    parser.add_argument("-o", type=Path, metavar="FILE")
    parser.add_argument("--page", action="store_true")
    options = parser.parse_args()
    options.worlds = options.worlds or (2 if options.quick else 500)
    parts = {name: PARTS[name](options) for name in options.only or PARTS}
    for name, part in parts.items():
        print(f"## {name}\n", *part.lines, "", sep="\n")
    if options.o:
        options.o.write_text(
            json.dumps({"seeds": SEEDS} | {name: part.figures for name, part in parts.items()}, indent=1)
        )
    if options.page:
        write_page(parts)
    missed = [message for part in parts.values() for message in part.missed]
    for message in missed:
        print(f"missed: {message}", file=sys.stderr)
    return int(options.check and bool(missed))


def write_page(parts: dict[str, Part]) -> None:
    """Put the tables between the markers of the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = "\n\n".join("\n".join([f"### {TITLES[name]}", "", *part.lines]) for name, part in parts.items())
    PAGE.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
