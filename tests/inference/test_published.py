"""Published answers, reproduced through the public API: a group of trials is a track, a trial an application.

Rats: Tarone, Biometrics 38 (1982), and Gelman et al., Bayesian Data Analysis, 3rd ed., section 5.3. Baseball: Efron and
Morris, JASA 70 (1975) 311-319, the first 45 at-bats and the rest of the season. Remission of leukaemia: Freireich et
al., Blood 21 (1963) 699-716, as tabulated in Cox and Oakes, Analysis of Survival Data (1984), chapter 1.
"""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

import offercast
from offercast.history import Application, Event, History
from offercast.inference.pooled import pooled_rates

PUBLISHED = Path(__file__).parents[1] / "data" / "published"
FIRST = date(2025, 1, 1)
STEP = "applied->response"


def trials(name: str, ladder, folder: Path) -> offercast.Evidence:
    """Every trial as an application that is answered after a week, through a file and back."""
    rows = []
    with (PUBLISHED / f"{name}.csv").open() as stream:
        for row in csv.DictReader(stream):
            for i in range(int(row["trials"])):
                week = FIRST + timedelta(7)
                sent = Event("applied", FIRST)
                good = (sent, Event("response", week), Event("withdrawn", week))
                events = good if i < int(row["successes"]) else (sent, Event("rejected", week))
                rows.append(Application(f"{row['group']}-{i}", row["group"], "cold", events))
    path = folder / f"{name}.csv"
    offercast.write_history(History(ladder, tuple(rows)), path)
    history = offercast.read_history(path)
    return offercast.gather(history, as_of=FIRST + timedelta(30))


def test_rats_are_pooled_as_in_the_book(ladder, tmp_path) -> None:
    """E(alpha) = 2.4027 and E(beta) = 14.3201 by quadrature (the book: 2.4 and 14.3)."""
    found = pooled_rates(trials("rats71", ladder, tmp_path), STEP)
    assert found.alpha == pytest.approx(2.4027, abs=0.02)
    assert found.beta == pytest.approx(14.3201, abs=0.1)
    raw = {"g01": 0 / 20, "g71": 4 / 14}
    for track, rate in raw.items():
        mine = found.rates[found.tracks.index(track)]
        assert min(rate, found.common) < mine < max(rate, found.common)
    assert found.rates[found.tracks.index("g71")] == pytest.approx((2.4 + 4) / (2.4 + 14.3 + 14), abs=0.01)


SEASON = {
    "Clemente": 0.346, "Robinson": 0.298, "Howard": 0.276, "Johnstone": 0.222, "Berry": 0.273, "Spencer": 0.270,
    "Kessinger": 0.263, "Alvarado": 0.210, "Santo": 0.269, "Swaboda": 0.230, "Petrocelli": 0.264, "Rodriguez": 0.226,
    "Scott": 0.303, "Unser": 0.264, "Williams": 0.256, "Campaneris": 0.286, "Munson": 0.316, "Alvis": 0.200,
}  # fmt: skip
JAMES_STEIN = 0.0213


def one_scale(model, median: float):
    """The model with one between-track scale at the step: a track's own strength; none for whole tracks."""
    scales = [
        msgspec.structs.replace(scale, median=median if scale.effect == "advance_step" else 1e-3, log_sd=0.7)
        if scale.effect.startswith("advance")
        else scale
        for scale in model.priors.scales
    ]
    steps = [
        msgspec.structs.replace(p, advance=msgspec.structs.replace(p.advance, median=0.3, sd=2.0))
        if p.step == STEP
        else p
        for p in model.priors.steps
    ]
    return replace(model, priors=msgspec.structs.replace(model.priors, scales=scales, steps=steps))


def test_batting_averages_are_shrunk_as_published(ladder, model, tmp_path) -> None:
    """Clemente's mean .2937 and group sd .166 (logit-normal); raw is worst by far, pooling and shrinkage best."""
    evidence = trials("baseball18", ladder, tmp_path)
    posterior = offercast.fit(evidence, model=one_scale(model, 0.2), seed=1)
    assert posterior.engine == "quick"
    assert posterior.health.verdict == "good"
    means = posterior.advance[..., 0, 1].mean(axis=(0, 1))
    by_name = dict(zip(posterior.tracks, means, strict=True))
    assert by_name["Clemente"] == pytest.approx(0.2937, abs=0.005)
    assert posterior.flat("scale")[:, 1].mean() == pytest.approx(0.166, abs=0.02)
    counts = evidence.counts()[:, 1]
    raw = counts[:, 0] / counts[:, :2].sum(axis=1)
    truth = np.array([SEASON[track] for track in posterior.tracks])
    errors = {"raw": raw, "pooled": np.full(18, raw.mean()), "shrunk": means}
    squares = {name: float(np.sum((guess - truth) ** 2)) for name, guess in errors.items()}
    assert squares["raw"] == pytest.approx(0.0753, abs=0.004)
    assert squares["pooled"] == pytest.approx(0.0243, abs=0.004)
    assert squares["shrunk"] == pytest.approx(0.0212, abs=0.002)
    assert squares["shrunk"] < squares["pooled"] < squares["raw"]


REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23]
STILL_IN_REMISSION = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def test_a_mixture_cure_fit_is_the_one_by_quadrature(ladder, model) -> None:
    """21 patients on 6-MP, weeks of remission; a relapse is an advance, "never" a cure, and nothing is told no.

    The second method integrates the same priors against the continuous log-logistic cure likelihood, on a grid.
    """
    assumed = msgspec.structs.replace(model.assumptions, horizon_days=365)
    steps = [
        msgspec.structs.replace(
            p,
            advance=msgspec.structs.replace(p.advance, median=0.6, sd=1.5),
            told_no=msgspec.structs.replace(p.told_no, median=1e-6, sd=0.1),
            advance_wait=msgspec.structs.replace(p.advance_wait, median=15, sd=0.7, spread=1.0, spread_sd=0.4),
        )
        if p.step == STEP
        else p
        for p in model.priors.steps
    ]
    cure = replace(model, assumptions=assumed, priors=msgspec.structs.replace(model.priors, steps=steps))
    last = FIRST + timedelta(400)
    rows = [(Event("applied", FIRST), Event("response", FIRST + timedelta(t))) for t in REMISSION]
    rows += [(Event("applied", last - timedelta(t)),) for t in STILL_IN_REMISSION]
    applications = tuple(Application(str(i), "6-MP", "cold", events) for i, events in enumerate(rows))
    evidence = offercast.gather(History(ladder, applications), as_of=last)
    drawn = offercast.fit(evidence, model=cure, seed=1).advance[:, :, 0, 0, 1].ravel()

    theta, m = np.linspace(-5, 6, 140)[:, None, None], np.linspace(0.5, 5.5, 120)[None, :, None]
    log_b = np.linspace(-2.5, 1.0, 90)[None, None, :]
    b, p = np.exp(log_b), 1 / (1 + np.exp(-theta))

    def below(days: float) -> np.ndarray:
        return 1 / (1 + np.exp(-(np.log(days) - m) / b))

    whole = below(365.0)
    value = -0.5 * ((theta - np.log(0.6 / 0.4)) / 1.5) ** 2 - 0.5 * ((m - np.log(15)) / 0.7) ** 2
    value = value - 0.5 * ((log_b - np.log(np.sqrt(3) / np.pi)) / 0.4) ** 2
    for t in REMISSION:
        value = value + np.log(p * below(t) * (1 - below(t)) / (b * t) / whole)
    for t in STILL_IN_REMISSION:
        value = value + np.log(1 - p * below(t + 0.5) / whole)
    weight = np.exp(value - value.max())
    weight /= weight.sum()
    mean = float(np.sum(weight * p))
    sd = float(np.sqrt(np.sum(weight * (p - mean) ** 2)))
    assert 0.4 < mean < 0.8
    assert drawn.mean() == pytest.approx(mean, abs=0.15 * sd)
    assert drawn.std() == pytest.approx(sd, rel=0.1)
