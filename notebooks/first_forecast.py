# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # A first forecast
#
# *How likely is each step, how long do answers take, and when may the first offer come?*
#
# The log is the example that ships with offercast: one made-up seeker, three role tracks, five months. Put the path
# of your own in its place; a sheet, an export or an event log will do.

# %%
import offercast as oc
from offercast import plots

history = oc.read_history(oc.example())
len(history.applications), history.tracks, history.first_date, history.last_date

# %% [markdown]
# ## What the log tells
#
# Evidence is what was counted as of a day: how many moved on, how many were told no, and how many are still waiting,
# with their waits. Those that wait are drawn as waiting; they have not failed.

# %%
evidence = oc.gather(history, as_of=history.last_date)
evidence.sent, evidence.open_now

# %%
plots.plot_funnel(evidence)

# %% [markdown]
# ## What we believe
#
# The fit finds, for each track and step, the chance to move on and the law of the wait. An application that is silent
# is in part one that is slow, and in part one that will never be answered; how much of each is found from the waits
# of the others. Look at the verdict first: it says whether the sampler's checks were kept.

# %%
posterior = oc.fit(evidence, seed=1)
posterior.health.verdict, posterior.health.r_hat, posterior.health.ess_bulk

# %% [markdown]
# Each dot is a posterior median, each line its 90 % interval, the tick what is usual before any log.

# %%
plots.plot_rates(posterior)

# %% [markdown]
# Answers that come, come within days or weeks. The curve ends on a plateau: the rest is never answered.

# %%
plots.plot_waits(posterior)

# %% [markdown]
# ## What may come
#
# At your own pace of the last eight weeks, with everything in flight counted in:

# %%
outlook = oc.forecast_offer(posterior, oc.Plan.own_pace(evidence))
outlook.weeks_quantile(0.5), outlook.chance_by(91), outlook.chance_none

# %%
plots.plot_outlook(outlook, posterior)

# %% [markdown]
# The band is what is not known of the rates; it narrows with answers, not with computing. A second method, without
# simulation, must give the same curve:

# %%
exact = oc.exact_curve(posterior, oc.Plan.own_pace(evidence)).mean(axis=0)
assert abs(exact[91] - outlook.chance_by(91)) < 0.015
round(float(exact[91]), 3), round(outlook.chance_by(91), 3)

# %% [markdown]
# ## What this does not say
#
# The chance of an offer rests on late steps, of which one log holds a handful; there it leans on its priors, and says
# so (`offercast fit` prints what each number rests on). It takes your rates to stay as they are, and applications to
# be independent of each other. Why an employer was silent, no log can say.
