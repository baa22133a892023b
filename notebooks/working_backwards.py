# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Working backwards
#
# *What does it take to have an offer by a date, and where would ten hours a week go?*

# %%
from datetime import date

import offercast as oc
from offercast.decisions import Kind, spend_hours

history = oc.read_history(oc.example())
evidence = oc.gather(history, as_of=history.last_date)
posterior = oc.fit(evidence, seed=1)
by = date(2026, 10, 1)

# %% [markdown]
# ## The pace
#
# What is in flight may be enough for a part of the chance; the rest is applications still to send. The mix of tracks
# and channels is kept, its pace is found.

# %%
found = oc.work_backwards(posterior, by=by, chance=0.8)
found.in_flight, found.usual, found.per_week

# %% [markdown]
# Of one track alone:

# %%
found.by_track

# %% [markdown]
# The chain behind it: what is sent until the day, and how many of those get how far, on average and in 8 of 10
# searches.

# %%
[(link.stage, round(link.mean, 1), link.low, link.high) for link in found.chain]

# %% [markdown]
# A pace is right if a forecast at that pace gives the chance. It does:

# %%
outlook = oc.forecast_offer(
    posterior, oc.Plan.per_week(dict.fromkeys(posterior.tracks, found.per_week / 3)), horizon_weeks=40
)
own_mix = oc.exact_curve(posterior, oc.Plan.own_pace(evidence), horizon_weeks=40).mean(axis=0)
round(outlook.chance_by(by), 2), round(float(own_mix[(by - evidence.as_of).days]), 2)

# %% [markdown]
# ## The hours
#
# A referral takes more time than a cold application, and is worth more. Where they go for the best chance by the day:

# %%
kinds = [Kind(track, "cold", 1.0) for track in posterior.tracks] + [Kind("Sales Engineer", "referral", 4.0, 1.0)]
effort = spend_hours(posterior, kinds, hours=10.0, by=by)
[(kind.track, kind.channel, round(n, 1)) for kind, n in zip(effort.kinds, effort.per_week, strict=True)]

# %%
effort.chance, effort.evenly, effort.in_flight

# %% [markdown]
# ## What this does not say
#
# That rates stay as they are when the pace doubles: five hurried applications are not five careful ones. How many
# hours one takes is yours to say.

# %%
assert effort.chance >= max(effort.evenly, *effort.alone) - 1e-9
assert abs(own_mix[(by - evidence.as_of).days] - found.usual) < 0.02
