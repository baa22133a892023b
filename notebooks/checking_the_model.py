# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Checking the model
#
# *Did the sampler work, does the model fit the log, how much of each number is prior, and do two methods agree?*

# %%
import arviz as az

import offercast as oc
from offercast import plots
from offercast.inference.identifiability import slow_or_never
from offercast.inference.predictive import predictive_checks
from offercast.inference.sensitivity import sensitivities
from offercast.inference.summary import support
from offercast.modelfile import models_folder
from offercast.trust import leave_one_out
from offercast.trust.reference import distance, read_reference

history = oc.read_history(oc.example())
evidence = oc.gather(history, as_of=history.last_date)
posterior = oc.fit(evidence, seed=1)

# %% [markdown]
# ## The sampler
#
# Nested R-hat, bulk and tail effective sample size, and k-hat of the proposals. The verdict is good where all limits
# are kept.

# %%
posterior.health

# %% [markdown]
# Every function of ArviZ takes the same draws, by name.

# %%
tree = posterior.to_arviz()
az.summary(tree, var_names=["scale"])

# %% [markdown]
# ## Against a long run of another sampler
#
# `models/reference` holds what 24,000 draws of NUTS gave for this log. Distances in posterior sds: means should lie
# within 0.1, 5 % points within 0.15; mean offers per application within a few percent.

# %%
known, reference, about = read_reference(models_folder() / "reference" / "three_tracks.json")
away = distance(oc.fit(known, seed=2), reference)
away

# %% [markdown]
# ## The model against the log
#
# Logs are simulated from the fit and set beside the real one: counts at each step, and waits. A few of thirty checks
# may be far off by chance.

# %%
plots.plot_checks(posterior)

# %%
[check for check in predictive_checks(posterior) if check.extreme]

# %% [markdown]
# ## How much is prior
#
# The posterior sd over the prior sd, by step: near 1, the log has said little.

# %%
support(posterior).prior_share

# %% [markdown]
# Whether silence can be told from slowness, and how many more answers would settle it:

# %%
slow_or_never(posterior)

# %% [markdown]
# How much the offers per application would move if the prior, or the log, counted a little more (power-scaling):

# %%
sensitivities(posterior)[-1]

# %% [markdown]
# ## What one application more or less would change
#
# Leave-one-out: the expected log score of applications not seen, from the fit at hand. Pareto's k-hat says where that
# is not to be trusted.

# %%
loo = leave_one_out(posterior)
loo.total, loo.largest_k

# %% [markdown]
# ## What this does not say
#
# That the model is true. It says that this log does not speak against it, that the numbers are what the model and the
# log imply, and which of them are still mostly what was believed before. Whether intervals hold the truth as often as
# they say is shown in `docs/calibration.md`, and how forecasts fared on real logs in `docs/backtest.md`.
