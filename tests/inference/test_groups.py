"""What varies by groups of applications: both engines, known truth, and what it means for an application to come."""

import zipfile
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

import offercast
from offercast.errors import CommandError
from offercast.evidence import gather
from offercast.evidence.groups import GROUPINGS, ordered_groups
from offercast.history import Application, Event, History
from offercast.inference.layout import Layout
from offercast.inference.waits import logistic

START = date(2024, 1, 8)


def searched(ladder, chance, count: int, seed: int, days: int = 600) -> History:
    """One step, answered within weeks; `chance` maps (day, company number) to the chance of a response."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(count):
        on, company = int(rng.integers(days)), int(rng.integers(40))
        sent = Event("applied", START + timedelta(on))
        wait = 1 + int(rng.integers(20))
        kind = "response" if rng.random() < chance(on, company) else "rejected"
        events = [sent, Event(kind, sent.on + timedelta(wait))]
        if kind == "response":
            events.append(Event("withdrawn", events[-1].on))
        rows.append(Application(str(i), "A", "cold", tuple(events), company=f"C{company}", title=f"t{company % 3}"))
    return History(ladder, tuple(rows))


def gathered(history: History, vary_by=None, days: int = 640) -> offercast.Evidence:
    return gather(history, as_of=START + timedelta(days), vary_by=vary_by)


@pytest.mark.parametrize("vary_by", GROUPINGS)
def test_the_counts_by_group_add_up_to_the_cells(ladder, vary_by) -> None:
    history = searched(ladder, lambda *_: 0.3, 200, 1)
    evidence = gathered(history, vary_by)
    total: dict = {}
    for (*cell, _group), count in evidence.by_group.items():
        total[tuple(cell)] = total.get(tuple(cell), 0.0) + count
    assert total == pytest.approx(evidence.cells)
    assert evidence.cells == gathered(history).cells
    assert len(evidence.groups) == {"month": 20, "season": 4, "company": 40, "title": 3}[vary_by]


def test_months_have_no_gaps_and_unknown_words_are_refused(ladder) -> None:
    assert ordered_groups(["2025-03", "2024-12"], "month") == ("2024-12", "2025-01", "2025-02", "2025-03")
    assert ordered_groups([], "month") == ()
    with pytest.raises(CommandError, match='nothing can vary by "mont". Did you mean "month"'):
        gathered(searched(ladder, lambda *_: 0.3, 5, 1), "mont")


def test_a_random_walk_ends_at_zero_in_the_last_month(model) -> None:
    layout = Layout(("A",), model, "month", ("m1", "m2", "m3"))
    vector = np.zeros(layout.size)
    vector[layout.slices["u"]] = [0.5, 2.0]  # the changes from month to month
    assert [layout.group_row(g, 0, 1) @ vector for g in range(3)] == [-2.5, -2.0, 0.0]
    assert not layout.group_row(1, 0, 2).any()  # later steps do not vary
    assert not layout.group_row(-1, 0, 1).any()  # nor an application without a date


def test_a_drift_is_found_and_the_rate_is_that_of_now(ladder) -> None:
    """The chance falls from .5 to .12 over twenty months; one rate for all would say about .3."""
    falling = searched(ladder, lambda day, _: 0.5 - 0.38 * day / 600, 1200, 2)
    plain, drifting = (offercast.fit(gathered(falling, by), seed=1) for by in (None, "month"))
    assert drifting.engine == "quick"
    assert drifting.health.verdict == "good"
    low, now, high = np.quantile(drifting.advance[..., 0, 0, 1], [0.05, 0.5, 0.95])
    assert low < 0.13 < high
    assert now < 0.2 < np.median(plain.advance[..., 0, 0, 1])
    months = drifting.flat("group_logit").mean(axis=0)
    assert months[-1] == 0.0
    assert months[0] == pytest.approx(np.log(0.5 / 0.5) - np.log(0.12 / 0.88), abs=0.7)


def test_clustering_by_company_is_found_and_averaged_over(ladder) -> None:
    """Companies differ with an sd of 1.5 logits: the interval is wider, the average chance the same."""
    of_company = logistic(-1.0 + 1.5 * np.random.default_rng(7).standard_normal(40))
    clustered = searched(ladder, lambda _, company: of_company[company], 400, 3)
    plain, varied = (offercast.fit(gathered(clustered, by), seed=1) for by in (None, "company"))
    assert varied.health.verdict == "good"
    assert 0.9 < np.median(varied.draws["group_scale"]) < 2.3
    ours, theirs = (fit.advance[..., 0, 0, 1].ravel() for fit in (varied, plain))
    assert np.std(ours) > 1.3 * np.std(theirs)
    assert np.median(ours) == pytest.approx(of_company.mean(), abs=0.08)
    assert varied.offer_chance().mean() / plain.offer_chance().mean() == pytest.approx(1.0, abs=0.25)


def test_both_engines_agree_on_groups(ladder) -> None:
    history = searched(ladder, lambda day, _: 0.2 + 0.2 * (day > 300), 150, 4)
    evidence = gathered(history, "season")
    quick, nuts = offercast.fit(evidence, seed=1), offercast.fit(evidence, engine="nuts", seed=1)
    for name in ("advance_logit", "group_logit", "group_scale", "no_log_days"):
        a, b = quick.flat(name), nuts.flat(name)
        assert np.abs((a.mean(axis=0) - b.mean(axis=0)) / (b.std(axis=0) + 1e-9)).max() < 0.15, name


def test_a_fit_by_groups_is_kept_and_read_again(ladder, tmp_path) -> None:
    posterior = offercast.fit(gathered(searched(ladder, lambda *_: 0.3, 60, 5), "title"), seed=1)
    posterior.save(tmp_path / "fit.npz")
    again = offercast.load_posterior(tmp_path / "fit.npz")
    assert replace(again.evidence, groups=()) == replace(posterior.evidence, groups=())  # names stay at home
    assert np.array_equal(again.advance, posterior.advance)
    tree = posterior.to_arviz()
    assert tree["posterior"]["group_logit"].dims == ("chain", "draw", "group")


def test_a_model_file_without_such_a_prior_is_told(ladder, model) -> None:
    import msgspec

    bare = replace(model, priors=msgspec.structs.replace(model.priors, groups=[]))
    with pytest.raises(CommandError, match="no prior for what varies by month"):
        offercast.fit(gathered(searched(ladder, lambda *_: 0.3, 5, 1), "month"), model=bare)
    with pytest.raises(CommandError, match="knows no groups"):
        offercast.fit(gathered(searched(ladder, lambda *_: 0.3, 5, 1), "month"), engine="independent")


def test_the_judgement_of_a_fit_knows_its_groups(ladder) -> None:
    """The log likelihood from the draws is the one that the sampler had, group by group."""
    from offercast.inference.density import log_likelihood
    from offercast.inference.likelihood import Likelihood
    from offercast.inference.quick import Run

    evidence = gathered(searched(ladder, lambda *_: 0.3, 80, 6), "season")
    posterior = offercast.fit(evidence, seed=1)
    sample = Run(evidence, posterior.model, seed=1).sample()
    likelihood = Likelihood(evidence, posterior.model)
    points = np.moveaxis(sample.parameters[..., : likelihood.coordinates.places.size], -1, 0).reshape(-1, 64 * 64)
    same = replace(posterior, draws=sample.draws)
    assert log_likelihood(same) == pytest.approx(likelihood.by_step(points).sum(axis=0), rel=1e-9)


def test_an_application_without_a_company_stands_for_one_of_its_own(ladder) -> None:
    """Names taken away from all but a few applications hardly change the average chance; with none it is refused."""
    history = searched(ladder, lambda *_: 0.3, 36, 8)
    few = tuple(replace(a, company=a.company if i < 5 else "") for i, a in enumerate(history.applications))
    evidence = gathered(replace(history, applications=few), "company")
    assert len(evidence.groups) >= 34
    named = offercast.fit(gathered(history, "company"), seed=1).advance[..., 0, 0, 1].mean()
    unnamed = offercast.fit(evidence, seed=1).advance[..., 0, 0, 1].mean()
    assert unnamed == pytest.approx(named, abs=0.08)
    none = replace(history, applications=tuple(replace(a, company="") for a in history.applications))
    with pytest.raises(CommandError, match="no application in this log names its company"):
        gathered(none, "company")
    empty = gathered(replace(history, applications=()), "company")
    assert np.isfinite(offercast.fit(empty, seed=1).offer_chance()).all()


@pytest.mark.parametrize("vary_by", ["company", "title"])
def test_a_saved_fit_names_nobody(ladder, vary_by, tmp_path) -> None:
    """Companies and titles are numbered on their way to the disk, in the same order."""
    history = searched(ladder, lambda *_: 0.3, 12, 4)
    hidden = tuple(replace(a, company=f"Secret {a.company}", title=f"Secret {a.title}") for a in history.applications)
    posterior = offercast.fit(gathered(replace(history, applications=hidden), vary_by), seed=1)
    posterior.save(tmp_path / "fit.npz")
    assert b"Secret" not in zipfile.ZipFile(tmp_path / "fit.npz").read("manifest.json")
    again = offercast.load_posterior(tmp_path / "fit.npz")
    assert again.evidence.groups == tuple(f"{vary_by} {n + 1}" for n in range(len(posterior.evidence.groups)))
    assert again.offer_chance() == pytest.approx(posterior.offer_chance())
