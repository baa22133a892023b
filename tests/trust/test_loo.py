"""Leave-one-out against refits without the one that is left out."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

import offercast
from inference.worlds import logged
from offercast.inference.likelihood import Likelihood
from offercast.trust.loo import cell_log_likelihoods, leave_one_out, loo_difference


@pytest.fixture(scope="module")
def small(ladder, model) -> offercast.Posterior:
    rows = [("A", "referral", [("applied", i), ("response", i + 4)]) for i in range(4)]
    rows += [("A", "cold", [("applied", i), ("rejected", i + 9)]) for i in range(10)]
    rows += [("B", "cold", [("applied", i + 60)]) for i in range(9)]
    return offercast.fit(logged(ladder, rows, days=80), model=model, seed=1)


def test_the_cells_add_up_to_the_likelihood(small) -> None:
    """Counts times cells is the log likelihood of every draw, computed from the same draws as one."""
    counts = np.array([count for _, count in sorted(small.evidence.cells.items())])
    total = counts @ cell_log_likelihoods(small)
    likelihood = Likelihood(small.evidence, small.model)
    from offercast.inference.quick import Run

    sample = Run(small.evidence, small.model, seed=3).sample()
    posterior = replace(small, draws=sample.draws)
    points = np.moveaxis(sample.parameters[..., : likelihood.coordinates.places.size], -1, 0).reshape(-1, 64 * 64)
    assert counts @ cell_log_likelihoods(posterior) == pytest.approx(likelihood.by_step(points).sum(axis=0), rel=1e-9)
    assert total.shape == (64 * 64,)


def test_it_is_what_a_refit_without_it_says(small) -> None:
    """For every cell: the mean likelihood of one application under the posterior of all others."""
    found = leave_one_out(small)
    assert found.largest_k < 0.7
    cells = small.evidence.cells
    for i, (cell, count) in enumerate(sorted(cells.items())):
        if count < 1 or i % 4:
            continue
        without = {**cells, cell: count - 1.0}
        refit = offercast.fit(replace(small.evidence, cells={c: n for c, n in without.items() if n > 0}), seed=2)
        single = replace(refit, evidence=replace(small.evidence, cells={cell: 1.0}))
        plain = float(np.log(np.mean(np.exp(cell_log_likelihoods(single)[0]))))
        assert found.each[i] == pytest.approx(plain, abs=0.05), cell


def test_a_wrong_model_foretells_worse(small, model) -> None:
    """Waits that cannot be longer than a day or two, against the file's own."""
    steps = [
        msgspec.structs.replace(p, no_wait=msgspec.structs.replace(p.no_wait, median=0.5, sd=0.01, spread_sd=0.01))
        for p in model.priors.steps
    ]
    wrong = replace(model, priors=msgspec.structs.replace(model.priors, steps=steps))
    one, other = leave_one_out(small), leave_one_out(offercast.fit(small.evidence, model=wrong, seed=1))
    gap, error = loo_difference(one, other)
    assert gap == pytest.approx(one.total - other.total)
    assert gap > 2 * error > 0
