"""The parameter vector adds up to what the model's equations say."""

import numpy as np
import pytest

from offercast.inference.layout import Layout, zero_sum_basis


@pytest.mark.parametrize("size", [2, 3, 8])
def test_track_effects_sum_to_zero_and_keep_their_variance(size: int) -> None:
    basis = zero_sum_basis(size)
    assert basis.sum(axis=0) == pytest.approx(np.zeros(size - 1), abs=1e-12)
    assert basis.T @ basis == pytest.approx(np.eye(size - 1), abs=1e-12)
    assert np.diag(basis @ basis.T) == pytest.approx(np.full(size, 1 - 1 / size))


def test_the_predictors_follow_the_equations(model) -> None:
    """Logit p[k,c,s] = mu[s] + a[k] + e[k,s] + g[c, first or later], written out for every k, c, s."""
    layout = Layout(("a", "b", "c"), model)
    rng = np.random.default_rng(2)
    vector = rng.standard_normal(layout.size)
    part = {name: vector[where] for name, where in layout.slices.items()}
    basis = zero_sum_basis(3)
    steps = model.ladder.steps
    read = layout.read(vector)
    e = part["e"].reshape(len(steps), 2)
    g = part["g"].reshape(-1, 2)
    for s, step in enumerate(steps):
        own = step.decided_by == "seeker"
        for k in range(3):
            a, h, d = (0.0 if own else basis[k] @ part[name] for name in "ahd")
            assert read["advance_logit"][k, s] == pytest.approx(part["mu"][s] + a + basis[k] @ e[s])
            assert read["told_no_logit"][k, s] == pytest.approx(part["nu"][s] + h)
            assert read["advance_log_days"][k, s] == pytest.approx(part["m_advance"][s] + d)
            assert read["no_log_days"][k, s] == pytest.approx(part["m_no"][s] + d)
        for c, channel in enumerate(model.ladder.channels):
            later = int(s != model.ladder.first_step(channel.id))
            expected = 0.0 if own or c == 0 else g[c - 1, later]
            assert layout.channel_row(c, s) @ vector == pytest.approx(expected)


def test_one_track_needs_no_contrasts(model) -> None:
    layout = Layout(("only",), model)
    assert not {"a", "e", "h", "d"} & set(layout.slices)
    assert layout.read(np.zeros(layout.size))["advance_logit"].shape == (1, len(model.ladder.steps))


def test_every_block_has_the_numbers_of_the_file(model) -> None:
    """Written out by hand: which prior goes where."""
    blocks = {block.name: block for block in Layout(("a", "b"), model).blocks}

    def logit(p: float) -> float:
        return float(np.log(p / (1 - p)))

    per_sd = np.sqrt(3) / np.pi
    for s, step in enumerate(model.ladder.steps):
        prior = model.step_prior(step.id)
        expected = {
            "mu": (logit(prior.advance.median), prior.advance.sd),
            "nu": (logit(prior.told_no.median), prior.told_no.sd),
            "m_advance": (np.log(prior.advance_wait.median), prior.advance_wait.sd),
            "m_no": (np.log(prior.no_wait.median), prior.no_wait.sd),
            "log_b_advance": (np.log(prior.advance_wait.spread * per_sd), prior.advance_wait.spread_sd),
            "log_b_no": (np.log(prior.no_wait.spread * per_sd), prior.no_wait.spread_sd),
        }
        for name, numbers in expected.items():
            assert (blocks[name].mean[s], blocks[name].sd[s]) == pytest.approx(numbers), (name, step.id)
    for c, channel in enumerate(model.ladder.channels[1:]):
        prior = model.channel_prior(channel.id)
        assert blocks["g"].mean[c].tolist() == [prior.first, prior.later]
        assert blocks["g"].sd[c].tolist() == [prior.first_sd, prior.later_sd]
    scaled = {name: block.scaled_by for name, block in blocks.items() if block.scaled_by}
    assert scaled == {"a": "advance", "e": "advance_step", "h": "told_no", "d": "delay"}
    for name in scaled:
        assert (blocks[name].mean == 0).all()
        assert (blocks[name].sd == 1).all()
