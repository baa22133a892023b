"""Are insights right? Logs in which something is to be found, logs in which nothing is, and how often it is claimed.

A log is put together from pieces: applications of one track, sent in one stretch of days, with chances of their own.
Where nothing is to be found every track has the chances and waits that the model file takes for usual, no channel is
better than another, and nothing changes with time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from offercast.decisions.facts import AppliedOnly, Doors, Fact, Quiet, Solid, Stall, Streak
from offercast.decisions.insights import insights
from offercast.evidence.evidence import gather
from offercast.history.records import History
from offercast.inference.fit import fit
from offercast.inference.waits import SHAPE_PER_SD, Floats, logistic
from offercast.modelfile import ModelFile, load_model
from offercast.trust.parallel import in_order
from offercast.trust.rates import Rates
from offercast.trust.worlds import AS_OF, Design, simulate_log

Named = tuple[str, str]
"""The kind of a fact, and the step, track or channel that it is about, or how well luck explains it."""
UNASKED, REFERRED = ("recruiter", 0.1), ("referral", 0.15)


@dataclass(frozen=True)
class Piece:
    """Applications of one track: how many, how many days ago, through which channels, with which chances.

    `chances` replaces the usual chance of a step by its id, for every channel; `effects` is what a channel adds to the
    logit of its first step. `inertia`: each begins as a job that was found.
    """

    track: str
    sent: int
    ages: tuple[int, ...]
    channels: tuple[tuple[str, float], ...] = (UNASKED,)
    chances: dict[str, float] = field(default_factory=dict)
    effects: dict[str, float] = field(default_factory=dict)
    inertia: bool = False


@dataclass(frozen=True)
class Scene:
    """A search: its pieces, and the facts that are true of it."""

    name: str
    pieces: tuple[Piece, ...]
    holds: frozenset[Named] = frozenset()


def usual_rates(model: ModelFile, chances: dict[str, float], effects: dict[str, float]) -> Rates:
    """The chances and waits that a model file takes for usual, for one track, with some of them replaced."""
    ladder = model.ladder
    priors = [model.step_prior(step.id) for step in ladder.steps]
    chance = np.array([chances.get(p, prior.advance.median) for p, prior in zip(_ids(model), priors, strict=True)])
    advance = np.tile(chance, (len(ladder.channels), 1))
    effect = np.zeros((len(ladder.channels), 2))
    for c, channel in enumerate(ladder.channels):
        first = ladder.first_step(channel.id)
        effect[c, 0] = effects.get(channel.id, 0.0)
        advance[c, first] = logistic(np.log(chance[first] / (1.0 - chance[first])) + effect[c, 0])

    def row(values: Iterable[float]) -> Floats:
        return np.array([list(values)])

    return Rates(
        advance=advance[None, None],
        told_no=row(prior.told_no.median for prior in priors)[None],
        yes_days=row(prior.advance_wait.median for prior in priors)[None],
        yes_shape=row(prior.advance_wait.spread * SHAPE_PER_SD for prior in priors),
        no_days=row(prior.no_wait.median for prior in priors)[None],
        no_shape=row(prior.no_wait.spread * SHAPE_PER_SD for prior in priors),
        channel=effect[None],
        scale=np.zeros((1, 4)),
        horizon=model.assumptions.horizon_days,
    )


def _ids(model: ModelFile) -> list[str]:
    return [step.id for step in model.ladder.steps]


def simulate_scene(scene: Scene, model: ModelFile, rng: np.random.Generator) -> History:
    """The log that one search of this kind leaves, as of `AS_OF`."""
    found = []
    for number, piece in enumerate(scene.pieces):
        design = Design(scene.name, (piece.sent,), ages=piece.ages, channels=piece.channels, inertia=piece.inertia)
        rates = usual_rates(model, piece.chances, piece.effects)
        sent = simulate_log(rates, design, model.ladder, rng=rng).history.applications
        found += [replace(a, id=f"{number} {a.id}", track=piece.track) for a in sent if a.events]
    return History(model.ladder, tuple(found), scene.name)


@dataclass(frozen=True)
class ClaimIn:
    """What is claimed of the log of one search: call it with the number of the search."""

    scene: Scene
    seed: int = 1
    model: ModelFile = field(default_factory=load_model)

    def __call__(self, number: int) -> tuple[Named, ...]:
        """Simulate, fit, and look for insights (all but what would move the date)."""
        history = simulate_scene(self.scene, self.model, np.random.default_rng([self.seed, number]))
        posterior = fit(gather(history, as_of=AS_OF), model=self.model, seed=number)
        return tuple(named(fact) for fact in insights(posterior, history, date_too=False).facts)


def named(fact: Fact) -> Named:
    """The kind of a fact and what it is about."""
    about = _ABOUT.get(type(fact))
    return type(fact).__name__, str(getattr(fact, about)) if about else ""


_ABOUT = {Stall: "step", Solid: "step", AppliedOnly: "track", Doors: "channel", Streak: "luck", Quiet: "luck"}


@dataclass(frozen=True)
class Claims:
    """How often each fact was claimed in so many searches of one scene."""

    scene: Scene
    searches: int
    counts: Counter[Named]

    def share(self, fact: Named) -> float:
        """The share of searches in which this was claimed."""
        return self.counts[fact] / self.searches

    def false_alarms(self, kind: str) -> float:
        """The largest share of one claim of a kind that is not true of the scene, over what it can be about."""
        return max(
            (self.share(fact) for fact in self.counts if fact[0] == kind and fact not in self.scene.holds), default=0.0
        )


def claims(scene: Scene, *, searches: int, seed: int = 1, workers: int = 1) -> Claims:
    """Run many searches of one scene and count what is claimed of them."""
    counts: Counter[Named] = Counter()
    for found in in_order(ClaimIn(scene, seed), searches, workers=workers):
        counts.update(set(found))
    return Claims(scene, searches, counts)


HALF_YEAR, LATELY, BEFORE = tuple(range(181)), tuple(range(56)), tuple(range(56, 181))
TRACKS = ("Alpha", "Beta", "Gamma")
_PLAIN = tuple(Piece(track, 50, HALF_YEAR) for track in TRACKS)


def _every(**changes: object) -> tuple[Piece, ...]:
    return tuple(replace(piece, **changes) for piece in _PLAIN)


def _in_time(*stretches: tuple[tuple[int, ...], float]) -> tuple[Piece, ...]:
    """Every track with other chances of a response in each stretch of days: 60 applications of each track, evenly."""
    days = sum(len(ages) for ages, _ in stretches)
    return tuple(
        Piece(track, round(60 * len(ages) / days), ages, chances={"applied->response": chance})
        for track in TRACKS
        for ages, chance in stretches
    )


_CALLS = frozenset({("Doors", "recruiter")})  # it begins further up, and that is true wherever it is in the log
NOTHING = Scene("nothing to be found", _PLAIN, _CALLS)
SCENES = (
    NOTHING,
    Scene("referrals are no better", _every(channels=(REFERRED, UNASKED)), _CALLS),
    Scene(
        "a third of the jobs found are not applied for",
        _every(inertia=True, chances={"never_applied->applied": 0.67}, sent=75),
        _CALLS | {("Inertia", "")},
    ),
    Scene(
        "phone screens seldom lead on (15 %, usual 54 %)",
        _every(chances={"phone->interview": 0.15}, sent=80),
        _CALLS | {("Stall", "phone->interview")},
    ),
    Scene(
        "nearly all second interviews lead on (92 %), of many",
        _every(chances={"applied->response": 0.4, "interview->second_interview": 0.92}, sent=120),
        _CALLS | {("Solid", "interview->second_interview")},
    ),
    Scene(
        "one track never calls (the others: 3 in 10 of what is begun)",
        (
            Piece("Alpha", 70, HALF_YEAR, channels=()),
            *(Piece(track, 50, HALF_YEAR, channels=(("recruiter", 0.3),)) for track in TRACKS[1:]),
        ),
        _CALLS | {("AppliedOnly", "Alpha")},
    ),
    Scene(
        "a referral multiplies the odds by six",
        _every(channels=(REFERRED, UNASKED), effects={"referral": float(np.log(6.0))}),
        _CALLS | {("Doors", "referral")},
    ),
    Scene(
        "hardly any response for eight weeks (1 %, 20 % before)",
        _in_time((LATELY, 0.01), (BEFORE, 0.2)),
        _CALLS | {("Quiet", "poor"), ("Streak", "poor"), ("Drift", "")},
    ),
    Scene(
        "the chance of a response falls, 35, 18 and 6 %",
        _in_time((tuple(range(60)), 0.06), (tuple(range(60, 120)), 0.18), (tuple(range(120, 181)), 0.35)),
        _CALLS | {("Drift", ""), ("Quiet", "poor"), ("Streak", "poor")},
    ),
)
"""What is claimed of each of these is in docs/calibration.md."""
