"""Changing priors: their weight as a whole, and single ones by what somebody knows of people like themselves.

A model file is edited as text, so that its comments, reasons and sources stay; the result is read back and compared
before it is handed out.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from offercast.errors import CommandError, did_you_mean
from offercast.modelfile import ChancePrior, ModelFile, WaitPrior, parse_model

Kind = Literal["advance", "told_no", "advance_wait", "no_wait"]

Z80 = 1.2815515655446004
"""Of a normal law 80 % lies within this many sds of the mean (its 90 % point)."""


def weigh_priors(model: ModelFile, weight: float) -> ModelFile:
    """The same model with `prior_weight` set to this: the sds of chances, median waits and channels are divided by its
    square root. How much single waits spread and how much tracks differ stays as it is.

    The weight is written into the model's text, so that saved fits, digests and caches know of it.

    Args:
        model: a model file; a weight that it has already is replaced.
        weight: above 0; 1 takes the priors as the file has them, 0.25 doubles these sds.

    >>> from offercast import load_model
    >>> wide = weigh_priors(load_model(), 0.25)
    >>> round(wide.step_prior("applied->response").advance.sd, 6)
    1.3
    """
    if not (math.isfinite(weight) and weight > 0):
        raise CommandError(f"the weight of the priors must be above 0, and {weight:g} is not.")
    if weight == model.assumptions.prior_weight:
        return model
    line = f"prior_weight = {weight!r}"
    text, found = re.subn(r"(?m)^prior_weight\s*=[^\n#]*?(?=\s*(?:#|$))", line, model.text)
    if not found:
        text = re.sub(r"(?m)^(\[assumptions\][^\n]*)$", rf"\1\n{line}", model.text, count=1)
    weighed = parse_model(text, source=model.name)
    if weighed.assumptions.prior_weight != weight:
        raise CommandError("[assumptions] does not stand on a line of its own: write prior_weight into it by hand.")
    return weighed


@dataclass(frozen=True)
class Said:
    """What somebody says of people like themselves: a middle, and the spread that follows from a range or counts.

    `median` is a chance (0 to 1) or days; `sd` in logits or log days. `low` and `high` hold the middle 80 % of the
    prior that results, which is the range that was given where it is symmetric in logits or log days.
    """

    median: float
    sd: float
    low: float
    high: float
    n: int | None = None


def chance_between(median: float, low: float, high: float) -> Said:
    """A chance with its range for 8 people in 10: a normal law in logits with this median and width.

    Where the median lies off the middle of the range (in logits) the range that results is shifted; `low` and `high`
    say to where.

    >>> said = chance_between(0.2, 0.1, 0.35)
    >>> round(said.sd, 3), round(said.low, 3), round(said.high, 3)
    (0.616, 0.102, 0.355)
    """
    if not 0 < low < median < high < 1:
        raise CommandError(f"the range {low:g} to {high:g} must lie between 0 and 1 and hold {median:g} inside.")
    return _chance(median, (logit(high) - logit(low)) / (2 * Z80))


def chance_from_counts(moved_on: int, of: int) -> Said:
    """A chance from somebody's own counts: the normal law in logits nearest to Beta(1 + moved on, 1 + the others).

    Its mean and variance in logits are those of the Beta law: digamma and trigamma of its two parameters. Source:
    Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions, vol. 2, 2nd ed., section 22.4 (log F).

    >>> said = chance_from_counts(9, 60)
    >>> round(said.median, 3), round(said.sd, 3), said.n
    (0.156, 0.353, 60)
    """
    if not (of > 0 and 0 <= moved_on <= of):
        raise CommandError(f"{moved_on}/{of}: of how many, and how many of those moved on? Write 9/60.")
    yes, no = moved_on + 1.0, of - moved_on + 1.0
    median = 1.0 / (1.0 + math.exp(_digamma(no) - _digamma(yes)))
    return replace(_chance(median, math.sqrt(_trigamma(yes) + _trigamma(no))), n=of)


def days_between(median: float, low: float, high: float) -> Said:
    """A median wait in days with its range for 8 people in 10: a normal law in log days.

    >>> round(days_between(10, 5, 20).sd, 3)
    0.541
    """
    if not 0 < low < median < high:
        raise CommandError(f"the range {low:g} to {high:g} must lie above 0 and hold {median:g} inside.")
    sd = math.log(high / low) / (2 * Z80)
    return Said(median, sd, median * math.exp(-Z80 * sd), median * math.exp(Z80 * sd))


def edit_prior(
    model: ModelFile,
    step: str,
    kind: Kind,
    said: Said,
    *,
    name: str,
    reason: str,
    source: str,
    year: int,
) -> ModelFile:
    """A copy of the model with one prior changed, and everything else, comments included, as it was.

    Args:
        model: the model file to start from.
        step: the step by both ends, such as "applied->response". One that has no prior of its own yet gets the
            priors of any other step first.
        kind: which of the step's four priors.
        said: the new median and sd. The spread of one wait around its median stays.
        name: of the copy.
        reason: why these numbers.
        source: where they come from.
        year: of the source.

    Raises:
        CommandError: an unknown step, or a file that writes this prior over more than one line.
    """
    steps = [one.id for one in model.ladder.steps]
    if step not in steps:
        raise CommandError(f'there is no step "{step}" in this ladder. {did_you_mean(step, steps)}')
    lines = model.text.splitlines(keepends=True)
    if step not in {prior.step for prior in model.priors.steps}:
        lines = _with_step(lines, step)
    place = _line_of(lines, step, kind)
    if place is None:
        raise CommandError(f"the file does not write {kind} of {step} on one line: edit it there by hand.")
    sd = said.sd * math.sqrt(model.assumptions.prior_weight)  # what the file's own weight will divide it by
    old = getattr(parse_model("".join(lines), source=model.name).step_prior(step), kind)
    table = {"median": said.median, "sd": sd}
    if isinstance(old, WaitPrior):
        table |= {"spread": old.spread, "spread_sd": old.spread_sd}
    table = {key: float(f"{value:.4g}") for key, value in table.items()}
    note = re.search(r"\}(\s*#.*)$", lines[place].rstrip("\n"))
    told: dict[str, object] = {"unit": old.unit, "reason": reason, "source": source, "year": year}
    told |= {"n": said.n} if said.n else {}
    lines[place] = f"{kind} = {{ {', '.join(entries(table | told))} }}{note.group(1) if note else ''}\n"
    text = re.sub(r"(?m)^name\s*=.*$", lambda _: f"name = {quoted(name)}", "".join(lines), count=1)
    return _checked(parse_model(text, source=name), model, step, kind)


def prior_range(prior: ChancePrior | WaitPrior) -> Said:
    """The median of a prior, and the range that holds the middle 80 % of it."""
    if isinstance(prior, ChancePrior):
        return replace(_chance(prior.median, prior.sd), n=prior.n)
    spread = math.exp(Z80 * prior.sd)
    return Said(prior.median, prior.sd, prior.median / spread, prior.median * spread, prior.n)


def _checked(edited: ModelFile, before: ModelFile, step: str, kind: Kind) -> ModelFile:
    """Raise CommandError unless this prior, and nothing else, is different."""
    kept = msgspec.structs.replace(edited.step_prior(step), **{kind: getattr(before.step_prior(step), kind)})
    others = all(edited.step_prior(s.id) == before.step_prior(s.id) for s in before.ladder.steps if s.id != step)
    alike = msgspec.structs.replace(kept, step=before.step_prior(step).step) == before.step_prior(step)
    if not (others and alike and edited.ladder == before.ladder and edited.assumptions == before.assumptions):
        raise CommandError(
            f"the file is laid out in a way that {kind} of {step} cannot be changed alone: edit it by hand."
        )
    return edited


def _line_of(lines: list[str], step: str, kind: str) -> int | None:
    """The index of the line that holds a prior of a step."""
    inside = False
    for number, line in enumerate(lines):
        bare = line.strip()
        if bare.startswith("["):
            inside = False
        elif re.fullmatch(rf"step\s*=\s*(['\"]){re.escape(step)}\1\s*(#.*)?", bare):
            inside = True
        elif inside and re.match(rf"{kind}\s*=\s*\{{.*\}}\s*(#.*)?$", bare):
            return number
    return None


def _with_step(lines: list[str], step: str) -> list[str]:
    """Copy the priors of any other step to a step of its own, just before them."""
    start = next((i for i, line in enumerate(lines) if line.strip().startswith("[priors.any_other_step]")), None)
    if start is None:
        raise CommandError(f'{step} has no prior of its own, and "[priors.any_other_step]" is on no line of its own.')
    end = next((i for i in range(start + 1, len(lines)) if lines[i].lstrip().startswith("[")), len(lines))
    copied = [line for line in lines[start + 1 : end] if re.match(r"(advance|told_no|advance_wait|no_wait)\s*=", line)]
    while start and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    return [*lines[:start], "[[priors.steps]]\n", f"step = {quoted(step)}\n", *copied, "\n", *lines[start:]]


def entries(table: dict[str, object]) -> list[str]:
    """The keys and values of a table of texts and numbers, as TOML writes them."""
    return [f"{key} = {quoted(v) if isinstance(v, str) else v}" for key, v in table.items()]


def quoted(text: str) -> str:
    """A TOML string on one line: JSON's escapes are TOML's."""
    return msgspec.json.encode(text).decode()


def _chance(median: float, sd: float) -> Said:
    def at(z: float) -> float:
        return 1.0 / (1.0 + math.exp(-(logit(median) + z * sd)))

    return Said(median, sd, at(-Z80), at(Z80))


def logit(chance: float) -> float:
    """The logarithm of the odds of a chance."""
    return math.log(chance) - math.log1p(-chance)


def _digamma(x: float) -> float:
    """The derivative of the log gamma function, by recurrence and its asymptotic series; for x > 0."""
    total = 0.0
    while x < 10:
        total, x = total - 1.0 / x, x + 1.0
    s = 1.0 / (x * x)
    return total + math.log(x) - 0.5 / x - s * (1 / 12 - s * (1 / 120 - s / 252))


def _trigamma(x: float) -> float:
    """The derivative of digamma, in the same way."""
    total = 0.0
    while x < 10:
        total, x = total + 1.0 / (x * x), x + 1.0
    s = 1.0 / (x * x)
    return total + 1.0 / x + s / 2 + s / x * (1 / 6 - s * (1 / 30 - s / 42))
