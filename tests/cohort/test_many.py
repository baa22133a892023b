"""Many seekers: the same answer on any executor, and one bad seeker stops nobody."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from offercast.cohort import Failure, fit_each
from offercast.inference import Posterior


def run(example_evidence, names, workers):
    bad = replace(example_evidence, steps=("a->b",))
    seekers = ((name, bad if name == "bad" else example_evidence) for name in names)
    with ThreadPoolExecutor(workers) as executor:
        return dict(fit_each(seekers, executor=executor, engine="independent"))


def test_one_bad_seeker_is_reported_and_the_others_are_fitted(example_evidence) -> None:
    names = [f"s{i}" for i in range(20)] + ["bad"]
    found = run(example_evidence, names, 2)
    assert set(found) == set(names)
    assert isinstance(found["bad"], Failure)
    assert "another ladder" in found["bad"].message
    assert all(isinstance(found[f"s{i}"], Posterior) for i in range(20))


def test_results_depend_on_neither_order_nor_workers(example_evidence) -> None:
    one = run(example_evidence, ["a", "b", "c"], 1)
    two = run(example_evidence, ["c", "a", "b"], 2)
    for name in "abc":
        assert np.array_equal(one[name].draws["advance_logit"], two[name].draws["advance_logit"])
    assert not np.array_equal(one["a"].draws["advance_logit"], one["b"].draws["advance_logit"])
