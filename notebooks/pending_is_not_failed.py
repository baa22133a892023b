# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Pending is not failed
#
# *Of the same search, what would one have said at the end of each month, and what came of it?*
#
# Of a running search one wants to know how many applications get a response. The obvious way is to divide the
# responses by the applications. It counts everybody who has not answered *yet* as a no. The other obvious way is to
# leave the open ones out. It forgets all those who will never answer. This page replays one search month by month and
# sets both beside the model, and all three beside what came of it in the end.

# %%
from dataclasses import replace
from datetime import date, timedelta

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import offercast as oc
from offercast import trust

# %% [markdown]
# ## A search whose end is known
#
# The log is made up, so that its end can be known and its rates are no secret: half a year of applications, and then a
# year in which nothing new is sent and everything that is ever answered has been answered. One in four gets a response.
# Half of the responses come within twelve days, some take months, and half of those that get none hear nothing at all.

# %%
truth = trust.Truth(
    per_week={"Analyst": 6},
    steps={
        "Analyst": {
            "applied": trust.StepTruth(advance=0.25, told_no=0.5, advance_days=12, no_days=20, spread=1.1),
            "response": trust.StepTruth(0.65, 0.4, 5, 10),
            "phone": trust.StepTruth(0.55, 0.6, 8, 12),
            "interview": trust.StepTruth(0.45, 0.6, 10, 14),
            "second_interview": trust.StepTruth(0.4, 0.7, 12, 14),
        }
    },
)
ladder = oc.load_model().ladder
search = {"start": date(2025, 1, 6), "days": 180, "as_of": date(2026, 6, 30)}
history = trust.simulate_history(truth, ladder, **search, rng=np.random.default_rng(1))
print(f"{len(history.applications)} applications, from {history.first_date}; the last word on {history.last_date}")

# %% [markdown]
# ## Only what was known then
#
# `gather` counts a log as of a day. For a replay it must not look ahead, so this is checked first: with everything cut
# off after the day, the evidence is the same, to the last count.

# %%
months = [date(2025, month, 1) - timedelta(days=1) for month in range(2, 9)]
then = [oc.gather(history, as_of=day) for day in months]
assert [e.fingerprint for e in then] == [oc.gather(history.until(day)[0], as_of=day).fingerprint for day in months]
assert then[0].fingerprint != then[1].fingerprint

# %% [markdown]
# ## What each of the three would have said
#
# For each month: responses by all that were sent; responses by those that were answered; and the model's 90 % interval,
# from a fit to that month's evidence alone. The last column is what the very same applications came to in the end.

# %%
step = ladder.step_index["applied"]
counts = np.array([e.counts()[0, step] for e in then])
chances = [oc.fit(e, seed=1).advance[..., 0, 0, step] for e in then]
sent_by = [tuple(a for a in history.applications if a.events[0].on <= day) for day in months]
ends = [oc.gather(replace(history, applications=sent), as_of=search["as_of"]).counts()[0, step] for sent in sent_by]
table = pd.DataFrame(
    {
        "sent": counts.sum(axis=1),
        "open": counts[:, 2],
        "pending as failed": counts[:, 0] / counts.sum(axis=1),
        "answered only": counts[:, 0] / counts[:, :2].sum(axis=1),
        "model": np.median(chances, axis=(1, 2)),
        "low": np.quantile(chances, 0.05, axis=(1, 2)),
        "high": np.quantile(chances, 0.95, axis=(1, 2)),
        "in the end": [end[0] / end.sum() for end in ends],
    },
    index=pd.Index(months, name="as of"),
)
table.round(2)

# %%
figure, axes = plt.subplots(figsize=(7.5, 4), layout="constrained")
axes.fill_between(months, table["low"], table["high"], color="#bcd4ea", label="the model, 90 %")
axes.plot(months, table["model"], color="#1f5c99", label="the model, median")
axes.plot(months, table["answered only"], ":", color="0.4", label="answered ones only")
axes.plot(months, table["pending as failed"], "--", color="#b8741a", label="pending counted as failed")
axes.plot(months, table["in the end"], "ko", label="what the same applications came to")
axes.set(title="One search, month by month", ylabel="share that gets a response", ylim=(0, 0.7), xticks=months)
axes.set_xticklabels([f"{day:%d %b}" for day in months])
_ = axes.legend(frameon=False, fontsize=9, ncols=2)
# %% [markdown]
# Pending counted as failed is too low in every month, and worst at the start, when courage is needed most. It cannot be
# otherwise: every response that is still to come is missing from it. Answered ones only is too high in every month. The
# model's interval is wide at first, because little is known, and holds the outcome throughout.

# %%
assert (table["pending as failed"] < table["in the end"]).all()
assert (table["in the end"] - table["pending as failed"]).idxmax() == months[0]
assert (table["answered only"] > table["in the end"]).all()
assert table["in the end"].between(table["low"], table["high"]).all()

# %% [markdown]
# ## Was that luck?
#
# One log proves little. The same, then, for twelve other searches with the same rates, at the end of every second
# month. An interval of 90 % should hold the true chance about nine times in ten: not always.

# %%
rngs = np.random.default_rng(2).spawn(12)
histories = [trust.simulate_history(truth, ladder, **search, rng=rng) for rng in rngs]
seen = [[oc.gather(h, as_of=day) for day in months[1::2]] for h in histories]
shares = np.array([[e.counts()[0, step, 0] / e.counts()[0, step].sum() for e in row] for row in seen])
answered = np.array([[e.counts()[0, step, 0] / e.counts()[0, step, :2].sum() for e in row] for row in seen])
drawn = [[oc.fit(e, seed=1).advance[..., 0, 0, step] for e in row] for row in seen]
fits = np.moveaxis(np.quantile(drawn, [0.05, 0.5, 0.95], axis=(2, 3)), 0, -1)
chance = truth.steps["Analyst"]["applied"].advance
assert oc.load_model().step_prior("applied->response").advance.median < chance  # better than usual
held = (fits[..., 0] <= chance) & (chance <= fits[..., 2])
print(f"pending as failed, on average: {shares.mean():.2f}; answered only: {answered.mean():.2f}; "
      f"the model's median: {fits[..., 1].mean():.2f}; the truth: {chance}")  # fmt: skip
print(f"the model's interval holds the truth in {held.sum()} of {held.size}")
assert shares.mean() < fits[..., 1].mean() < answered.mean()
assert abs(fits[..., 1].mean() - chance) < abs(shares.mean() - chance) < abs(answered.mean() - chance)
assert held.mean() > 0.8

# %% [markdown]
# ## The answer
#
# In the middle of a search neither ratio says what it seems to say. Counting the pending as failed makes every young
# search look worse than it is; leaving them out makes every search look better. Counting each silence for as long as it
# has lasted does neither.
#
# ## What this does not say
#
# That the model is always so close. In the first weeks its middle leans on the prior, and lies below the truth where,
# as here, the rates are better than usual. The months of one search share their applications, so that they are right or
# wrong together. And the logs are made up, from rates that do not change; whether intervals hold what they promise over
# a thousand searches is in [the calibration](../docs/calibration.md).
