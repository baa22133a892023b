"""The Posterior: its axes, its file, its health and its export."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from offercast.errors import CommandError, InputError
from offercast.inference import Health, Posterior, load_posterior
from offercast.inference.health import diagnose
from offercast.inference.sample import Sample
from offercast.inference.storage import posterior_bytes
from offercast.inference.summary import applications_needed, first_numbers, interval, support, track_yields


def test_a_posterior_is_written_by_hand_in_one_line() -> None:
    posterior = Posterior.from_chances({"B": {"applied->response": 0.3}, "A": {"applied->response": 0.1}})
    assert posterior.tracks == ("A", "B")
    assert posterior.advance[0, 0, :, 0, 1] == pytest.approx([0.1, 0.3])


def test_an_offer_is_the_product_of_the_employers_steps(model) -> None:
    chances = {"applied->response": 0.2, "response->phone": 0.5, "phone->interview": 0.5,
               "interview->second_interview": 0.4, "second_interview->offer": 0.5, "never_applied->applied": 0.01}  # fmt: skip
    posterior = Posterior.from_chances({"A": chances})
    assert posterior.offer_chance()[0, 0, 0] == pytest.approx(0.2 * 0.5 * 0.5 * 0.4 * 0.5)
    assert posterior.offer_chance("recruiter")[0, 0, 0] == pytest.approx(0.5 * 0.5 * 0.4 * 0.5)


def test_a_channel_acts_on_its_own_first_step(model) -> None:
    posterior = Posterior.from_chances({"A": {}})
    posterior.draws["channel_logit"][..., model.ladder.channels.index(model.ladder.channels_by_id["recruiter"]), :] = [
        2.0,
        0.5,
    ]
    logit = np.log(posterior.advance / (1 - posterior.advance))[0, 0, 0]
    added = logit[3] - logit[0]
    assert added[:7] == pytest.approx([0.0, 0.5, 2.0, 0.5, 0.5, 0.5, 0.0])


def test_unknown_names_are_refused_with_the_nearest(example_posterior) -> None:
    with pytest.raises(CommandError, match='Did you mean "Sales Engineer"'):
        example_posterior.track_index("sales enginer")
    with pytest.raises(CommandError, match='Did you mean "referral"'):
        example_posterior.channel_index("referal")


def test_saving_and_loading_keeps_every_number(example_posterior, tmp_path: Path) -> None:
    example_posterior.save(tmp_path / "fit.npz")
    loaded = load_posterior(tmp_path / "fit.npz")
    for name, draws in example_posterior.draws.items():
        assert np.array_equal(draws, loaded.draws[name])
    assert loaded.evidence == example_posterior.evidence
    assert loaded.evidence.fingerprint == example_posterior.evidence.fingerprint
    assert (loaded.model, loaded.health, loaded.seed) == (
        example_posterior.model, example_posterior.health, example_posterior.seed,
    )  # fmt: skip
    assert posterior_bytes(loaded) == (tmp_path / "fit.npz").read_bytes()


def test_the_file_names_no_company(example_posterior, tmp_path: Path) -> None:
    example_posterior.save(tmp_path / "fit.npz")
    with zipfile.ZipFile(tmp_path / "fit.npz") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Company 0" not in everything


def rewrite(path: Path, change) -> None:
    """Change the members of a saved fit."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _other_version(members) -> None:
    manifest = json.loads(members["manifest.json"])
    members["manifest.json"] = json.dumps({**manifest, "format": "offercast-posterior/9"})


def _flip(members) -> None:
    members["scale.npy"] = members["scale.npy"][:-1] + b"\x00"


def _lose(members) -> None:
    del members["scale.npy"]


def _other_shape(members) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["evidence"]["tracks"].append("ghost")
    members["manifest.json"] = json.dumps(manifest)


def _other_goal(members) -> None:
    members["manifest.json"] = members["manifest.json"].replace(b'goal = \\"offer\\"', b'goal = \\"phone\\"')


def _a_list(members) -> None:
    members["manifest.json"] = b"[]"


def _cut_json(members) -> None:
    members["manifest.json"] = members["manifest.json"][:100]


@pytest.mark.parametrize("change", [_other_version, _flip, _lose, _other_shape, _other_goal, _a_list, _cut_json])
def test_a_damaged_file_is_refused(example_posterior, tmp_path: Path, change) -> None:
    path = tmp_path / "fit.npz"
    example_posterior.save(path)
    rewrite(path, change)
    with pytest.raises(InputError, match="offercast fit LOG"):
        load_posterior(path)


def test_a_cut_file_and_a_missing_one_are_refused(example_posterior, tmp_path: Path) -> None:
    path = tmp_path / "fit.npz"
    example_posterior.save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="damaged"):
        load_posterior(path)
    with pytest.raises(InputError, match="no such file"):
        load_posterior(tmp_path / "none.npz")


def test_any_changed_byte_is_refused_or_harmless(tmp_path: Path) -> None:
    """300 single bytes: a clear message, or (in the archive's own padding) the same numbers; never a traceback."""
    path = tmp_path / "fit.npz"
    posterior = Posterior.from_chances({"A": {"applied->response": 0.2}})
    posterior.save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for place in rng.integers(0, len(whole), 300):
        data = bytearray(whole)
        data[place] ^= int(rng.integers(1, 256))
        path.write_bytes(data)
        try:
            loaded = load_posterior(path)
        except InputError:
            continue
        assert posterior_bytes(loaded) == whole


def test_arviz_takes_it(example_posterior) -> None:
    import arviz_stats

    tree = example_posterior.to_arviz()
    assert tree["posterior"]["advance"].dims == ("chain", "draw", "track", "channel", "step")
    assert "Sales Engineer" in tree["posterior"]["track"].to_numpy()
    table = arviz_stats.summary(tree, var_names=["scale"], round_to="none")
    assert float(table["r_hat"].max()) < 1.02


def diagnosed(parameters, derived, diverging, energy) -> Health:
    return diagnose(Sample({}, parameters, "by hand", diverging=diverging, energy=energy), derived)


def test_health_sees_chains_that_disagree_and_energy_that_sticks() -> None:
    rng = np.random.default_rng(1)
    good = rng.standard_normal((4, 1000, 2))
    quiet = np.zeros((4, 1000), dtype=bool)
    energy = rng.standard_normal((4, 1000))
    assert diagnosed(good, good, quiet, energy).verdict == "good"
    apart = good + np.arange(4)[:, None, None]
    assert "R-hat" in diagnosed(apart, good, quiet, energy).faults[0]
    sticky = np.cumsum(energy, axis=1)
    assert any("E-BFMI" in fault for fault in diagnosed(good, good, quiet, sticky).faults)
    bad = quiet.copy()
    bad[0, :50] = True
    assert any("50 divergent" in fault for fault in diagnosed(good, good, bad, energy).faults)
    slow = np.repeat(rng.standard_normal((4, 20, 1)), 50, axis=1)
    assert any("ESS" in fault for fault in diagnosed(slow, slow, quiet, energy).faults)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_health_sees_what_is_not_a_number(broken: float) -> None:
    rng = np.random.default_rng(1)
    good, quiet, energy = rng.standard_normal((4, 1000, 2)), np.zeros((4, 1000), bool), rng.standard_normal((4, 1000))
    bad = good.copy()
    bad[2, 500, 1] = broken
    assert diagnosed(bad, good, quiet, energy).verdict == "poor"
    assert diagnosed(good, bad, quiet, energy).verdict == "poor"


def test_health_sees_derived_chances_tails_and_stuck_parameters() -> None:
    rng = np.random.default_rng(1)
    good, quiet, energy = rng.standard_normal((4, 1000, 2)), np.zeros((4, 1000), bool), rng.standard_normal((4, 1000))
    apart = good + np.arange(4)[:, None, None]
    assert diagnosed(good, apart, quiet, energy).verdict == "poor"
    stuck = good.copy()
    stuck[..., 1] = 3.0
    assert diagnosed(stuck, good, quiet, energy).verdict == "poor"
    assert diagnosed(good, stuck, quiet, energy).verdict == "good"  # a derived chance may be certain
    lone = good.copy()
    lone[0, :100, 0] += 8.0  # one excursion: the bulk hardly notices, the tail does
    health = diagnosed(lone, good, quiet, energy)
    assert health.ess_tail < 0.5 * diagnosed(good, good, quiet, energy).ess_tail


def test_a_missing_figure_is_no_fault_and_nan_is_one() -> None:
    assert Health(None, 4000.0, 4000.0, 0, None, 4000).verdict == "good"
    assert Health(float("nan"), 4000.0, 4000.0, 0, 1.0, 4000).verdict == "poor"


def test_applications_needed_is_geometric_for_a_known_chance() -> None:
    """Smallest n with 1 - (1-q)^n >= chance, by the closed form; the successful one is counted."""
    for q in (0.3, 0.02, 0.0007):
        for chance in (0.5, 0.8):
            exact = int(np.ceil(np.log(1 - chance) / np.log(1 - q)))
            assert applications_needed(np.array([q]), chance) == exact
    assert applications_needed(np.array([1.0]), 0.8) == 1
    assert applications_needed(np.array([0.0]), 0.5) is None


def test_a_point_estimate_would_promise_too_much() -> None:
    """With an uncertain chance, 8 in 10 takes far more applications than its mean suggests."""
    rng = np.random.default_rng(1)
    q = rng.beta(0.6, 47, 50_000)
    assert applications_needed(q, 0.8) > 3 * applications_needed(np.array([q.mean()]), 0.8)


def test_an_interval_is_equal_tailed() -> None:
    found = interval(np.arange(101.0), 0.9)
    assert (found.median, found.low, found.high) == pytest.approx((50.0, 5.0, 95.0))


def test_first_numbers_bracket_the_truth(example_evidence, example_posterior) -> None:
    """The full model's median lies between "all open are noes" and "the open are like the answered"."""
    steps = example_posterior.ladder.steps_to_goal("cold")
    for number in first_numbers(example_evidence, steps):
        s = example_evidence.steps.index(number.step)
        median = np.median(example_posterior.advance[..., 0, s])
        assert number.lowest < median < number.highest


def test_support_says_what_is_still_prior(example_posterior) -> None:
    facts = support(example_posterior)
    assert facts.sent == 105
    assert 0.2 < facts.prior_share["applied->response"] < 0.6
    assert all(0 < share <= 1 for share in facts.prior_share.values())


def test_yields_are_of_the_whole_way(example_posterior) -> None:
    for found in track_yields(example_posterior):
        assert found.offers_per_application.low < found.offers_per_application.median
        assert found.needed[0.5] < found.needed[0.8]


def test_mostly_prior_is_said_where_the_log_has_not_spoken(example_posterior, model) -> None:
    """By hand: draws as wide as the prior around its centre; then narrower; then moved."""
    from dataclasses import replace

    prior = model.step_prior("applied->response").advance
    centre = np.log(prior.median / (1 - prior.median))
    shape = example_posterior.draws["advance_logit"].shape[:2]
    noise = np.random.default_rng(1).standard_normal((*shape, 1))

    def support_of(shift: float, width: float):
        draws = dict(example_posterior.draws)
        draws["advance_logit"] = example_posterior.draws["advance_logit"].copy()
        draws["advance_logit"][..., 1] = centre + prior.sd * (shift + width * noise)
        return support(replace(example_posterior, draws=draws))

    assert "applied->response" in support_of(0.0, 1.0).mostly_prior
    assert "applied->response" not in support_of(0.0, 0.5).mostly_prior
    assert "applied->response" not in support_of(1.0, 1.0).mostly_prior
