# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # A first forecast
#
# *What does my log say about when an offer may come?*
#
# You have been applying for a while, and you have kept a list. This page goes from that list to a forecast, one step
# at a time: read the log, count what it tells, estimate the chances, look ahead. The log is the example that ships
# with offercast, a made-up search. To use your own, put its path in place of `oc.example()`.

# %%
from datetime import timedelta

import offercast as oc
from offercast import plots

# %% [markdown]
# ## What was read
#
# A log can be almost any table of applications. Reading it makes guesses (which column is the date, what a status
# means), so the first thing to do is to look at what it was taken for.

# %%
history = oc.read_history(oc.example())
print(f"{len(history.applications)} entries, from {history.first_date} to {history.last_date}")
print(f"tracks: {', '.join(history.tracks)}")
print(f"read as: {history.reading.shape}, dates {history.reading.date_order}")
print("the first one:", *(f"{event.kind} on {event.on}" for event in history.applications[0].events), sep="\n  ")

# %% [markdown]
# ## What it tells
#
# Everything is counted as of a day: what came later is not looked at, and what had not been answered by then is
# *open*. Open is not failed. An application that went out yesterday has told us nothing yet, and one that has been
# silent for two months has told us a little.

# %%
evidence = oc.gather(history, as_of=history.last_date)
print(f"Of {evidence.sent} applications sent, {evidence.open_now} still wait for an answer.")
assert evidence.open_now > evidence.sent / 2

# %% [markdown]
# More than half of this search is undecided. The picture shows where the applications stand, stage by stage; those
# that wait have a colour of their own.

# %%
plots.plot_funnel(evidence)

# %%
plots.plot_sankey(plots.flows(history, as_of=history.last_date), history.ladder, as_of=history.last_date)

# %% [markdown]
# ## What we believe
#
# `fit` estimates the chance of every step and how long answers take, for each track. It starts from what is known of
# other people's searches (the prior) and lets the log correct that. The result is not one number but many sets of
# rates that fit the log, which is how it knows how unsure it is. Ask first whether the computation itself went well.

# %%
posterior = oc.fit(evidence, seed=1)
print(f"sampler: {posterior.health.verdict}")
assert posterior.health.verdict == "good"

# %% [markdown]
# Each line below is a 90 % interval: with the model and this log, the chance lies in it nine times in ten. The
# upright bars are the prior's middle. Where a line is long, the log has said little so far.

# %%
plots.plot_rates(posterior)

# %% [markdown]
# How long do answers take? The curves rise as answers come in, and then they stay flat: the rest never hear anything.

# %%
plots.plot_waits(posterior)

# %% [markdown]
# How many applications does an offer take? There is no single number, since it depends on luck as well as on the
# rates. The curve gives the chance of at least one offer among so many.

# %%
plots.plot_needed(posterior)

# %% [markdown]
# ## What may come
#
# A forecast needs a plan. Without one, the pace of the last eight weeks goes on. It follows thousands of made-up
# searches: each takes one of the sets of rates, what is already in flight, and what will be sent.

# %%
plan = oc.Plan.own_pace(evidence)
outlook = oc.forecast_offer(posterior, plan, horizon_weeks=52, seed=1)
print(f"pace: {plan.total_per_week:.1f} applications a week, {plan.origin}")
print(f"even chance of an offer by {outlook.date_quantile(0.5)}")
print(f"no offer within a year: {100 * outlook.chance_none:.0f} of 100 such searches")

# %%
plots.plot_outlook(outlook, posterior)

# %% [markdown]
# The line already holds both kinds of doubt: luck, and rates that are not known. The band shows the second one alone.
#
# Last, a look at those who have not answered. The bar is the silence so far; the line, until when most of the answers
# that still come will have come.

# %%
silence = oc.waiting(posterior, oc.open_applications(history, as_of=history.last_date))
plots.plot_silence(silence)

# %% [markdown]
# ## The answer

# %%
soon = history.last_date + timedelta(weeks=12)
low, high = (outlook.date_quantile(share) for share in (0.1, 0.9))
print(
    f"By {soon} the chance of an offer is {100 * outlook.chance_by(soon):.0f} %, give or take "
    f"{100 * outlook.margin(soon):.0f} points of the computation's own error."
)
print(f"One search in ten has its offer by {low}; nine in ten by {high or 'a day beyond the horizon'}.")

# %% [markdown]
# ## What this does not say
#
# The date of an even chance is the middle of a wide range, and the range is the answer. The forecast takes the pace to
# go on as it is, the rates to stay what they were, and applications not to get in each other's way. It does not know
# next month's market. In the late steps, where few applications have been, it leans on the prior:
# [checking_the_model](checking_the_model.py) shows how much. What else it cannot do is in
# [the limits](../docs/limits.md).
