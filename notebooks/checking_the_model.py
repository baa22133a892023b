# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Checking the model
#
# *How far can these numbers be trusted?*
#
# A forecast that cannot be checked is an opinion. Before you lean on one, four things are worth asking: did the
# computation work, does the model fit this log, how much of the answer is the log and how much was assumed beforehand,
# and does a second method give the same? This page asks all four of the example log. It is for readers who like to
# look under the bonnet; the words that it uses are in [the glossary](../docs/glossary.md).

# %%
from dataclasses import replace

import arviz as az
import msgspec

import offercast as oc
from offercast import plots, trust
from offercast.inference.identifiability import slow_or_never
from offercast.inference.predictive import predictive_checks
from offercast.inference.sensitivity import sensitivities
from offercast.modelfile import models_folder
from offercast.trust.reference import distance, read_reference

history = oc.read_history(oc.example())
evidence = oc.gather(history, as_of=history.last_date)
posterior = oc.fit(evidence, seed=1)

# %% [markdown]
# ## Did the computation work?
#
# A fit is a large sample of sets of rates. R-hat says whether parts of the sample agree (1 is perfect), the effective
# sample sizes how many independent draws the sample is worth. The fit keeps the worst figures over all its quantities,
# and a verdict.

# %%
health = posterior.health
print(f"{health.verdict}: R-hat {health.r_hat:.3f}, effective draws {health.ess_bulk:.0f} in the bulk and "
      f"{health.ess_tail:.0f} in the tails, of {health.draws}")  # fmt: skip
assert health.verdict == "good"

# %% [markdown]
# You need not take its word. `to_arviz` hands everything over to ArviZ, which has its own implementations.

# %%
tree = posterior.to_arviz()
table = az.summary(tree, var_names=["advance_logit"], coords={"step": "applied->response"}, round_to="none")
assert table["r_hat"].max() < 1.02
table[["mean", "sd", "r_hat", "ess_bulk", "ess_tail"]].astype(float).round(3)

# %% [markdown]
# And a picture: the draws of all chains are ranked together, and each line follows how one chain's ranks depart from an
# even spread. Lines that wander around the middle are chains that tell the same story. ArviZ writes a p-value above
# them; one below the limit beside it would speak against that.

# %%
_ = az.plot_rank(tree, var_names=["advance_logit"], coords={"step": "applied->response"})
# %% [markdown]
# ## Does the model fit this log?
#
# If the model were true, what would a log like this one look like? From the fit new logs are made up, and the real one
# is held against them: how many moved on, how many were told no, how quickly answers came. A point to the left of the
# dotted line would be far off.

# %%
plots.plot_checks(posterior)

# %%
checks = predictive_checks(posterior)
print(f"{len(checks)} comparisons, {sum(check.extreme for check in checks)} of them far off")
assert not any(check.extreme for check in checks)

# %% [markdown]
# This is reassuring, but weakly so: the same log was used to fit, so that only a gross misfit would show.
#
# ## How much of it was assumed beforehand?
#
# Every number starts from a prior, what is known of other people's searches. Each is asked how far it moves when the
# prior counts for a little more, and when the log does.

# %%
leaning = sensitivities(posterior)
print(*(f"{found.where}: {found.rests_on}" for found in leaning if found.kind == "advance"), sep="\n")
print(*(f"offers, {found.where}: {found.rests_on}" for found in leaning if found.kind == "offer"), sep="\n")
advance = {found.where: found.rests_on for found in leaning if found.kind == "advance"}
assert [step for step, rests_on in advance.items() if rests_on == "the log"] == ["applied->response"]

# %% [markdown]
# Only the first step has been tried often enough for the log alone to say how it goes. Further up, where few
# applications have been, other people's searches speak along with it. A related question is whether the log can tell
# silence from slowness: an employer who will never answer and one who is slow look alike for a while.

# %%
told = slow_or_never(posterior)
print(f"slow and never told apart: {told.told_apart}, from about {told.settled:.0f} settled applications")

# %% [markdown]
# ## Would another model do better?
#
# Leave-one-out asks how well each step of each application is foretold from all the others. Only differences mean
# something. Here waits follow another law (lognormal in place of log-logistic).

# %%
model = oc.load_model()
other = replace(model, assumptions=msgspec.structs.replace(model.assumptions, delay_family="lognormal"))
one, two = (trust.leave_one_out(fitted) for fitted in (posterior, oc.fit(evidence, model=other, seed=1)))
difference, error = trust.loo_difference(one, two)
print(f"log-logistic less lognormal: {difference:+.1f} nats, standard error {error:.1f}; largest k-hat "
      f"{max(one.largest_k, two.largest_k):.2f}")  # fmt: skip
assert max(one.largest_k, two.largest_k) < 0.7
assert abs(difference) < 4

# %% [markdown]
# A few nats over a whole log: on this evidence the choice does not matter much.
#
# ## Does a second method give the same?
#
# The forecast simulates searches. The same chance can also be computed without any simulation, from other code. The two
# should agree to within the error that the simulation admits.

# %%
outlook = oc.forecast_offer(posterior, horizon_weeks=26, seed=1)
exact = oc.exact_curve(posterior, horizon_weeks=26).mean(axis=0)
gaps = [abs(outlook.chance_by(day) - exact[day]) for day in range(7, 183, 7)]
print(f"after 13 weeks: {100 * outlook.chance_by(91):.1f} % simulated, {100 * exact[91]:.1f} % exact")
print(f"largest difference in any week: {100 * max(gaps):.1f} points; admitted after 13 weeks: "
      f"{100 * outlook.margin(91):.1f}")  # fmt: skip
assert max(gaps) < 0.02

# %% [markdown]
# The fit, too, has a second method. Long runs of a standard sampler (NUTS, by PyMC) on six fixed logs are published
# with the project. A quick fit of one of those logs should give the same rates.

# %%
kept, reference, said = read_reference(models_folder() / "reference" / "three_tracks.json")
gap = distance(oc.fit(kept, draws=128, seed=1), reference)
print(f"against {said['chains'] * said['draws_per_chain']:,} draws of {said['sampler']}, beyond the noise of both:")
print(f"means within {gap.mean:.2f} sd, 5 % points within {gap.quantiles:.2f} sd, "
      f"offers per application within {100 * gap.offer_chance:.1f} %")  # fmt: skip
assert gap.mean < 0.1
assert gap.quantiles < 0.15

# %% [markdown]
# ## The answer
#
# The computation can be trusted: two samplers agree, and two ways to a forecast agree. The model fits this log as far
# as the log can tell. What remains is the part that no computation can settle: late steps lean in part on other
# people's searches, and if yours is unlike them, those numbers are wrong in a way that only more of your own answers
# can show.
#
# ## What this does not say
#
# A log that passes every check can still mislead, for instance where rejections were never written down. And all of
# this is about one log. Whether intervals hold what they promise over many searches with a known truth is another
# question, with [a page of its own](../docs/calibration.md).
