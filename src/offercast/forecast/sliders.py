"""A forecast small enough to carry along: what a page needs to answer "what if" by itself, with the exact formula.

For evenly chosen draws and whole weeks it holds, of one application of each stream, the chance that its offer has come
so many weeks after the week in which it was sent; of each application in flight that counts, the same; and the chances
of the steps. With m(w) sent in week w, the chance of no offer by the end of week k is, given a draw,
exp(-sum over streams and weeks of m(w) G(k - w)) times the factors of what is in flight: the exact curve, on weeks.
A step that more get past multiplies the chances of every stream and flight that still has to take it.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from offercast.forecast.exact import log_none
from offercast.forecast.few import few_draws
from offercast.forecast.landing import ByTransform
from offercast.forecast.outlook import Outlook
from offercast.forecast.plan import Pace, Plan
from offercast.forecast.streams import Problem, make_problem
from offercast.inference.posterior import Posterior
from offercast.inference.waits import Floats

DRAWS = 120
MOST_SINGLE, MOST_GROUPS = 10, 12
"""So many kinds of applications in flight are kept apart, the likeliest; the others are added up by track, channel and
step, and what is left after so many of those by step alone."""
_CERTAIN = 1.0 - 1e-9
_FINE = 65_535


@dataclass(frozen=True)
class CarriedStream:
    """Applications of one track and channel: `landed` (draw, week) is the chance that one has brought its offer."""

    track: int
    channel: int
    per_week: float
    steps: tuple[int, ...]
    landed: Floats


@dataclass(frozen=True)
class CarriedFlight:
    """What is in flight of one kind: the chances to take the step that it waits at, given its silence, (draw,), and to
    have brought its offer, (draw, week). `alone`: those of one application of `count`; else a sum of many small ones.
    """

    track: int
    channel: int
    steps: tuple[int, ...]
    count: int
    alone: bool
    chance: Floats
    landed: Floats


@dataclass(frozen=True)
class Carried:
    """A forecast to carry along.

    `chances` (draw, track, channel, step) are the chances of the steps in `steps`; `shift` (week,) is what the log-odds
    of the forecast differ by from those of the draws that are carried, week 1 first.
    """

    tracks: tuple[str, ...]
    channels: tuple[str, ...]
    steps: tuple[str, ...]
    weeks: int
    streams: tuple[CarriedStream, ...]
    flights: tuple[CarriedFlight, ...]
    chances: Floats
    shift: Floats

    @property
    def draws(self) -> int:
        """How many draws are carried."""
        return self.chances.shape[0]

    def curve(
        self,
        per_week: Sequence[float] | None = None,
        *,
        more: Mapping[int, float] | None = None,
        pause: int = 0,
    ) -> Floats:
        """Chance of an offer by the end of each week, for each draw: (draw, week), without the shift.

        Args:
            per_week: applications a week of each stream; those of the plan where None.
            more: by index of a step, what its chance is multiplied by, up to certainty.
            pause: nothing is sent in the first so many weeks.
        """
        odds = self._odds(more or {})
        log = np.zeros((self.draws, self.weeks))
        sent = np.arange(self.weeks) >= pause
        for stream, pace in zip(self.streams, per_week or [s.per_week for s in self.streams], strict=True):
            ratio = self._ratio(stream.track, stream.channel, stream.steps, odds)
            for week in np.flatnonzero(sent):
                log[:, week:] -= pace * ratio[:, None] * stream.landed[:, : self.weeks - week]
        for flight in self.flights:
            first, *later = flight.steps
            changed = flight.chance * odds[:, flight.track, first]
            now = changed / (1.0 - flight.chance + changed)
            ratio = np.divide(now, flight.chance, out=np.ones_like(now), where=flight.chance > 0)
            ratio = ratio * self._ratio(flight.track, flight.channel, tuple(later), odds)
            moved = ratio[:, None] * flight.landed
            log += flight.count * np.log1p(-np.minimum(moved, _CERTAIN)) if flight.alone else -moved
        return 1.0 - np.exp(log)

    def shifted(self, chance: Floats) -> Floats:
        """The average over draws (week,), moved by the shift: what is shown."""
        return 1.0 / (1.0 + (1.0 / np.clip(chance, 1e-9, _CERTAIN) - 1.0) * np.exp(-self.shift))

    def summary(self, curves: Floats | None = None) -> tuple[list[float], list[float], list[float]]:
        """What is shown of some curves (of the plan as it is where None): average by week, and the band of 8 in 10."""
        found = np.sort(self.curve() if curves is None else curves, axis=0)
        low, high = math.floor(0.1 * (self.draws - 1)), math.ceil(0.9 * (self.draws - 1))
        return self.shifted(found.mean(axis=0)).tolist(), found[low].tolist(), found[high].tolist()

    def _odds(self, more: Mapping[int, float]) -> Floats:
        """What the odds of each step are multiplied by: (draw, track, step)."""
        reference = self.chances[:, :, 0]
        odds = np.ones_like(reference)
        for step, factor in more.items():
            now = np.minimum(reference[..., step] * factor, _CERTAIN)
            odds[..., step] = now / (1.0 - now) * (1.0 - reference[..., step]) / reference[..., step]
        return odds

    def _ratio(self, track: int, channel: int, steps: tuple[int, ...], odds: Floats) -> Floats:
        """By what the product of some steps grows, (draw,)."""
        ratio = np.ones(self.draws)
        for step in steps:
            p, f = self.chances[:, track, channel, step], odds[:, track, step]
            ratio *= f / (1.0 - p + f * p)
        return ratio

    def as_json(self) -> dict[str, object]:
        """Everything as plain values; arrays in 16 bits of their largest value, base64, draws first."""
        return {
            "tracks": self.tracks,
            "channels": self.channels,
            "steps": self.steps,
            "weeks": self.weeks,
            "draws": self.draws,
            "shift": [round(float(x), 5) for x in self.shift],
            "chances": _packed(self.chances),
            "streams": [
                {
                    "track": s.track,
                    "channel": s.channel,
                    "per_week": round(s.per_week, 4),
                    "steps": s.steps,
                    "landed": _packed(s.landed),
                }
                for s in self.streams
            ],
            "flights": [
                {
                    "track": f.track,
                    "channel": f.channel,
                    "steps": f.steps,
                    "count": f.count,
                    "alone": f.alone,
                    "chance": _packed(f.chance),
                    "landed": _packed(f.landed),
                }
                for f in self.flights
            ],
        }


def _packed(values: Floats) -> dict[str, object]:
    largest = float(values.max(initial=0.0)) or 1.0
    whole = np.round(values / largest * _FINE).astype("<u2")
    return {"most": float(f"{largest:.9g}"), "bits": base64.b64encode(whole.tobytes()).decode()}


def carry(posterior: Posterior, outlook: Outlook, *, channels: Sequence[str] = (), draws: int = DRAWS) -> Carried:
    """Make a forecast that can be carried along, and asked "what if" without its posterior.

    It counts as Poisson, at the average of each pace's weeks; what the plan has besides (pauses, lulls, another law of
    its weeks) is in the shift.

    Args:
        posterior: what the outlook was made from.
        outlook: the forecast as planned, whose chances the carried one starts from.
        channels: channels that each planned track can be sent through as well, at first 0 a week.
        draws: how many draws to carry.
    """
    plan, ladder, weeks = outlook.plan, posterior.ladder, outlook.horizon_weeks
    thin = few_draws(posterior, plan, draws)
    paces = _paces(posterior, plan, channels)
    first = tuple(replace(pace, per_week=(1.0, 0.0)) for pace in paces)
    bare = Plan(first, plan.weekdays)
    problem = make_problem(replace(thin, evidence=replace(thin.evidence, in_flight=())), bare, weeks)
    aloft = make_problem(thin, Plan(()), weeks)
    logs = log_none(problem, np.arange(problem.draws))
    taken = {step for one in (*problem.streams, *aloft.flights) for _, step in one.columns}
    way = sorted(taken | set(ladder.steps_to_goal(ladder.reference.id)))
    places = {step: i for i, step in enumerate(way)}
    streams = [
        CarriedStream(
            track=stream.columns[0][0],
            channel=posterior.channel_index(stream.channel),
            per_week=float(np.mean(paces[stream.place].each_week)),
            steps=tuple(places[step] for _, step in stream.columns),
            landed=-logs[place][:, 7::7],
        )
        for place, stream in enumerate(problem.streams)
    ]
    streams.sort(key=lambda stream: -stream.per_week)
    carried = Carried(
        tracks=posterior.tracks,
        channels=tuple(channel.id for channel in ladder.channels),
        steps=tuple(ladder.steps[step].id for step in way),
        weeks=weeks,
        streams=tuple(streams),
        flights=tuple(_flights(thin, aloft, places)),
        chances=thin.advance[0][..., way],
        shift=np.zeros(weeks),
    )
    base = np.clip(carried.curve().mean(axis=0), 1e-9, _CERTAIN)
    told = np.clip([outlook.chance_by(7.0 * (week + 1)) for week in range(weeks)], 1e-6, _CERTAIN)
    return replace(carried, shift=np.log(told / (1.0 - told)) - np.log(base / (1.0 - base)))


def _paces(posterior: Posterior, plan: Plan, channels: Sequence[str]) -> list[Pace]:
    """The plan's paces, and each of its tracks through further channels, at no pace yet."""
    reference = posterior.ladder.reference.id
    known = {(pace.track, pace.channel or reference) for pace in plan.paces}
    tracks = dict.fromkeys(pace.track for pace in plan.paces)
    wanted = [(track, channel) for track in tracks for channel in (reference, *channels)]
    return [*plan.paces, *(Pace(t, 0.0, c) for t, c in wanted if (t, c) not in known)]


def _flights(thin: Posterior, problem: Problem, places: Mapping[int, int]) -> list[CarriedFlight]:
    """Everything in flight: the likeliest kinds apart, the others added up by track, channel and step."""
    laws, picked = ByTransform(problem), np.arange(problem.draws)
    alone = []
    for flight in problem.flights:
        track, channel = thin.track_index(flight.track), thin.channel_index(flight.channel)
        steps = [step for _, step in flight.columns]
        later = np.prod(thin.advance[0][:, track, channel][:, steps[1:]], axis=1)
        chance = np.divide(flight.offer_chance.mean(axis=1), later, out=np.zeros_like(later), where=later > 0)
        landed = np.maximum(laws.landed_flight(flight, picked)[:, 7::7], 0.0)
        at = tuple(places[step] for step in steps)
        alone.append(CarriedFlight(track, channel, at, flight.count, alone=True, chance=chance, landed=landed))
    alone.sort(key=lambda flight: -float(flight.landed[:, -1].mean()))
    rest: dict[object, CarriedFlight] = {}
    for flight in alone[MOST_SINGLE:]:
        hazard = -flight.count * np.log1p(-np.minimum(flight.landed, _CERTAIN))
        where = (flight.track, flight.channel, flight.steps)
        rest[where] = _together(rest.get(where), replace(flight, alone=False, landed=hazard))
    kept: dict[object, CarriedFlight] = {}
    for number, flight in enumerate(sorted(rest.values(), key=lambda one: -float(one.landed[:, -1].mean()))):
        where = flight.steps if number >= MOST_GROUPS else (flight.track, flight.channel, flight.steps)
        kept[where] = _together(kept.get(where), flight)
    return [*alone[:MOST_SINGLE], *kept.values()]


def _together(first: CarriedFlight | None, second: CarriedFlight) -> CarriedFlight:
    """Two sums of small chances as one, that takes its steps as the first one does."""
    if first is None:
        return second
    weight, before = second.landed[:, -1], first.landed[:, -1]
    share = np.divide(weight, before + weight, out=np.zeros_like(weight), where=before + weight > 0)
    return replace(
        first,
        count=first.count + second.count,
        chance=(1.0 - share) * first.chance + share * second.chance,
        landed=first.landed + second.landed,
    )
