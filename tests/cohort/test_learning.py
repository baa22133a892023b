"""What many seekers teach: sums against derivatives, a model file that reads back, recovery, and the whole in PyMC."""

import importlib
from dataclasses import replace

import msgspec
import numpy as np
import polars as pl
import pytest
from scipy.special import logsumexp

import offercast
from cohort.conftest import TODAY
from inference.worlds import logged
from offercast.cohort import Here, open_cohort, read_part, simulate_cohort
from offercast.cohort.between import Between, Quantity
from offercast.cohort.learn import (
    LEAST,
    Ask,
    Prior,
    evidence_of,
    half_of,
    learn,
    newton,
    told_by,
    told_by_part,
)
from offercast.cohort.transport import transport
from offercast.errors import CommandError
from offercast.inference.layout import EFFECTS
from offercast.inference.prior import sample_prior
from offercast.modelfile import parse_model
from offercast.priors import weigh_priors
from offercast.report.learned import carried_sentence, learned_json, learned_text
from support import assert_documented


@pytest.fixture(scope="module")
def between(model) -> Between:
    return Between.of(model)


@pytest.fixture
def hasty(monkeypatch) -> None:
    """Learn in hardly any rounds: not well, but all of it."""
    module = importlib.import_module("offercast.cohort.learn")
    for name, value in {"MOST_ROUNDS": 1, "AVERAGED": 1, "DRAWS": 64}.items():
        monkeypatch.setattr(module, name, value)


def other_truth(between: Between, seed: int) -> offercast.ModelFile:
    """People who are not as the Blueprint has them."""
    rng = np.random.default_rng(seed)
    mean = between.mean + 0.6 * between.sd * rng.standard_normal(between.mean.size)
    sd = between.sd * np.exp(0.25 * rng.standard_normal(between.sd.size))
    told = dict.fromkeys(between.quantities, (1, "a truth"))
    return between.file(mean, sd, told, name="truth", source="drawn", year=2026)


def cohort_of(truth, seekers: int, seed: int, folder):
    path = folder / "cohort.parquet"
    pl.concat(
        [pl.DataFrame(c.columns()) for c in simulate_cohort(truth, seekers, seed=seed, as_of=TODAY)]
    ).write_parquet(path)
    return open_cohort(path, work=folder / "work")


def test_a_file_becomes_numbers_and_a_file_again(model, between) -> None:
    told = dict.fromkeys(between.quantities, (30, 'said "so"'))
    made = between.file(between.mean + 0.1, 1.1 * between.sd, told, name="ours", source="us", year=2026)
    again = Between.of(parse_model(made.text, source="x"))
    assert again.mean == pytest.approx(between.mean + 0.1, rel=1e-3, abs=1e-3)
    assert again.sd == pytest.approx(1.1 * between.sd, rel=1e-3)
    assert again.quantities == between.quantities
    assert made.name == "ours"
    assert made.ladder.stages == model.ladder.stages
    assert made.step_prior("applied->response").advance.n == 30
    assert made.step_prior("applied->response").advance.reason == 'said "so"'


def test_what_is_not_told_stays_as_it_is(model, between) -> None:
    q = Quantity("mu", "applied->response")
    made = between.file(between.mean + 1, 2 * between.sd, {q: (30, "us")}, name="ours", source="us", year=2026)
    assert made.step_prior("applied->response").advance.median == pytest.approx(0.349, abs=0.001)
    assert made.step_prior("applied->response").told_no == model.step_prior("applied->response").told_no
    wait = Quantity("m_advance", "applied->response")  # its spread is not told: the prior of a wait is one
    made = between.file(between.mean + 1, 2 * between.sd, {wait: (30, "us")}, name="ours", source="us", year=2026)
    assert made.step_prior("applied->response") == model.step_prior("applied->response")
    for kind in ("channels", "scales", "groups", "any_other_step", "any_other_channel"):
        assert msgspec.to_builtins(getattr(made.priors, kind)) == msgspec.to_builtins(getattr(model.priors, kind))


@pytest.mark.parametrize("tracks", [1, 3])
def test_draws_of_the_prior_have_its_means_and_sds(model, between, tracks: int) -> None:
    drawn = between.drawn(sample_prior(model, tuple("ABC"[:tracks]), draws=8000))
    assert (drawn.mean(axis=0) - between.mean) / between.sd == pytest.approx(np.zeros(between.sd.size), abs=0.06)
    assert drawn.std(axis=0) / between.sd == pytest.approx(np.ones(between.sd.size), abs=0.05)


def test_only_what_a_log_tells_about_counts(ladder, between) -> None:
    rows = [("A", "cold", [("applied", 0)]), ("A", "referral", [("applied", 0), ("response", 5)])]
    mask = dict(zip(between.quantities, between.touched(logged(ladder, rows)), strict=True))
    assert mask[Quantity("mu", "applied->response")]
    assert mask[Quantity("m_no", "applied->response")]  # silence tells about both waits
    assert mask[Quantity("mu", "response->phone")]
    assert not mask[Quantity("mu", "phone->interview")]
    assert mask[Quantity("channel", "referral", "first step")]
    assert not mask[Quantity("channel", "direct", "first step")]
    assert not any(mask[Quantity("scale", effect)] for effect in EFFECTS)
    sure = [("A", "cold", [("applied", 0), ("response", 5), ("rejected", 9)])]
    mask = dict(zip(between.quantities, between.touched(logged(ladder, sure)), strict=True))
    assert not mask[Quantity("nu", "applied->response")]
    assert not mask[Quantity("m_advance", "response->phone")]


@pytest.fixture(scope="module")
def draws(between) -> tuple[np.ndarray, np.ndarray]:
    """Draws of twelve made-up seekers (seeker, draw, quantity), and what each tells about."""
    rng = np.random.default_rng(3)
    size = between.sd.size
    touched = rng.random((12, size)) < 0.6
    centre = rng.standard_normal((12, 1, size))
    return np.where(touched[:, None], centre + 0.5 * rng.standard_normal((12, 64, size)), 0.0), touched


def likelihood(x: np.ndarray, drawn: np.ndarray, touched: np.ndarray) -> float:
    """Log likelihood of shifted means and stretched sds: of each seeker the mean over draws of new prior over old."""
    shift, log_sd = np.split(x, 2)
    z = (drawn - shift) * np.exp(-log_sd)
    ratio = np.where(touched[:, None], -log_sd - 0.5 * z * z + 0.5 * drawn * drawn, 0.0).sum(axis=2)
    return float((logsumexp(ratio, axis=1) - np.log(drawn.shape[1])).sum())


def test_sums_are_the_derivatives_of_the_likelihood(draws) -> None:
    """Fisher's identity and Louis' formula against differences of the likelihood of the draws."""
    drawn, touched = draws
    told = [told_by(one, mask) for one, mask in zip(drawn, touched, strict=True)]
    score, information = sum(one.score for one in told), sum(one.information for one in told)
    size, step = score.size, 1e-3
    rng = np.random.default_rng(4)
    for _ in range(20):
        along = rng.standard_normal(size) / np.sqrt(size)
        after, here, before = (likelihood(t * step * along, drawn, touched) for t in (1, 0, -1))
        assert here == pytest.approx(0.0, abs=1e-9)
        assert (after - before) / (2 * step) == pytest.approx(score @ along, rel=1e-4, abs=1e-4)
        assert -(after - 2 * here + before) / step**2 == pytest.approx(along @ information @ along, rel=1e-3, abs=1e-3)


def test_a_step_is_newtons_and_bounded(between) -> None:
    size = 2 * between.sd.size
    prior = Prior(between, between)
    information = np.diag(np.full(size, 50.0))
    step, factor = newton(np.full(size, 5.0), information, prior)
    precision = 50.0 + prior.width**-2.0
    assert step == pytest.approx(5.0 / precision)
    assert np.sum(factor**2, axis=1) == pytest.approx(1.0 / precision)
    far, _ = newton(np.full(size, 500.0), information, prior)
    assert far.max() == 0.7
    assert far[size // 2 :].max() == 0.4
    still, wide = newton(np.zeros(size), -information, prior)  # noise: what is known is at least what the prior knows
    assert np.sum(wide**2, axis=1) == pytest.approx(prior.width**2)
    assert still == pytest.approx(np.zeros(size))


def test_sums_of_parts_are_those_of_all(parquet, model, tmp_path) -> None:
    told = []
    for size in (5, 20):
        cohort = open_cohort(parquet, work=tmp_path / str(size), seekers_a_part=size)
        parts = [told_by_part(part, ask=Ask(model, TODAY, 1, 1)) for part in cohort.parts]
        first, *others = parts
        for one in others:
            first += one
        told.append(first)
    assert told[0].used == told[1].used == 39
    assert told[0].score == pytest.approx(told[1].score, rel=1e-9, abs=1e-9)
    assert told[0].information == pytest.approx(told[1].information, rel=1e-9, abs=1e-9)


def test_halves_are_halves_and_shares_are_shares(model) -> None:
    names = [f"seeker-{i}" for i in range(2000)]
    halves = [half_of(name, 1) for name in names]
    assert np.mean(halves) == pytest.approx(0.5, abs=0.05)
    one, other = (Ask(model, TODAY, 1, 1, half=half) for half in (0, 1))
    assert all(one.takes(name) != other.takes(name) for name in names)
    some = Ask(model, TODAY, 1, 1, share=0.3)
    assert np.mean([some.takes(name) for name in names]) == pytest.approx(0.3, abs=0.05)
    assert [some.takes(name) for name in names] == [replace(some, number=9).takes(name) for name in names]


@pytest.mark.usefixtures("hasty")
def test_a_learned_file_says_where_it_comes_from_and_keeps_what_few_tell(parquet, model, tmp_path) -> None:
    cohort = open_cohort(parquet, work=tmp_path / "work")
    made = learn(cohort, model, today=TODAY, name="ours")
    assert made.used == 39
    prior = made.model.step_prior("applied->response").advance
    assert prior.source == f"learned from 39 seekers of a cohort, up to {TODAY}"
    assert prior.n == 39
    assert "sd between people" in prior.reason
    few = made.start.place[Quantity("mu", "second_interview->offer")]
    assert made.seekers[few] < LEAST
    name = "second_interview->offer"
    assert made.model.step_prior(name).advance == model.step_prior(name).advance
    assert offercast.load_model(_saved(made.model, tmp_path)).priors == made.model.priors
    text = learned_text(made, None)
    assert "LEARNED FROM 39 SEEKERS" in text
    body = learned_json(made, None)
    assert body["carries_over"] is None
    assert {q["seekers"] >= LEAST for q in body["quantities"]} == {True}
    assert_documented("models-learn", body | body["quantities"][0])


def _saved(model, folder):
    path = folder / "ours.toml"
    path.write_text(model.text)
    return path


@pytest.mark.usefixtures("hasty")
def test_it_is_said_whether_it_carries_over(model, tmp_path) -> None:
    cohort = cohort_of(model, 60, 4, tmp_path)
    found = transport(cohort, model, today=TODAY, name="half", workers=Here())
    assert found.learned.used + found.seekers <= 60
    assert found.skill.low <= found.skill.median <= found.skill.high
    assert 0.3 < found.inside[0] <= 1.0
    body = learned_json(found.learned, found)
    assert_documented("models-learn", body | body["carries_over"])
    sentence = carried_sentence(found)
    assert sentence.startswith("Yes" if found.better else "Not shown")


def test_what_cannot_be_learned_from_is_said(parquet, rows, model, tmp_path) -> None:
    with pytest.raises(CommandError, match="priors have weight 1"):
        learn(open_cohort(parquet, work=tmp_path / "a"), weigh_priors(model, 0.5), today=TODAY, name="x")
    names = rows["seeker"].unique().sort()[:10]
    rows.filter(pl.col("seeker").is_in(names.to_list())).write_parquet(tmp_path / "ten.parquet")
    with pytest.raises(CommandError, match="10 seekers can be learned from; at least 20"):
        learn(open_cohort(tmp_path / "ten.parquet", work=tmp_path / "b"), model, today=TODAY, name="x")


@pytest.mark.slow
def test_means_and_sds_of_a_made_up_cohort_are_found(between, model, tmp_path) -> None:
    """Of 300 seekers who are not as the file says: 90 % intervals hold the truth, and errors are as large as they say."""
    truth = other_truth(between, 5)
    made = learn(cohort_of(truth, 300, 3, tmp_path), model, today=TODAY, name="ours")
    true = Between.of(truth)
    known = made.known
    assert known.sum() > 35
    for drawn, value in ((made.mean, true.mean), (np.log(made.sd), np.log(true.sd))):
        low, high = np.quantile(drawn[:, known], [0.05, 0.95], axis=0)
        assert np.mean((low < value[known]) & (value[known] < high)) > 0.75
        error = (drawn.mean(axis=0) - value) / drawn.std(axis=0)
        assert np.sqrt(np.mean(error[known] ** 2)) < 1.35


@pytest.mark.slow
def test_divided_and_conquered_is_what_pymc_says_of_all_at_once(between, model, tmp_path) -> None:
    """Thirty seekers in one PyMC model of some 3,000 parameters: posterior means within their sds."""
    import nutpie

    from offercast.cohort.joint import joint_model

    cohort = cohort_of(other_truth(between, 5), 31, 8, tmp_path)
    histories = (history for part in cohort.parts for _, history in read_part(part, model.ladder))
    found = [evidence for history in histories if (evidence := evidence_of(history, TODAY)) and not evidence.implied]
    compiled = nutpie.compile_pymc_model(joint_model(found, model))
    trace = nutpie.sample(compiled, draws=500, tune=500, chains=2, cores=1, seed=1, progress_bar=False)
    made = learn(cohort, model, today=TODAY, name="ours")
    assert made.used == len(found)
    size = between.sd.size
    for mine, name in ((made.mean, "mean"), (np.log(made.sd), "log_sd")):
        theirs = np.asarray(trace["posterior"][name]).reshape(-1, size)
        apart = (mine.mean(axis=0) - theirs.mean(axis=0)) / theirs.std(axis=0)
        known = made.seekers > 0
        assert np.sqrt(np.mean(apart[known] ** 2)) < 0.25
        assert np.abs(apart[known]).max() < 0.8
        assert np.mean(mine.std(axis=0)[known] / theirs.std(axis=0)[known]) == pytest.approx(1.0, abs=0.15)
