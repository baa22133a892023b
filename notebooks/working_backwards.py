# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Working backwards
#
# *If it has to be by a certain day, what does it take?*
#
# A contract ends, savings run down, a visa expires: often the date comes first, and the question is what to do now.
# This page turns the forecast around. It asks which pace gives a good chance of an offer by a day, what that pace leads
# to on the way, and how the hours are best spent. The log is the example that ships with offercast.

# %%
from dataclasses import replace
from datetime import timedelta

import offercast as oc
from offercast import decisions, plots

history = oc.read_history(oc.example())
evidence = oc.gather(history, as_of=history.last_date)
posterior = oc.fit(evidence, seed=1)

# %% [markdown]
# ## The pace that it takes
#
# Say that it should be four chances in five, half a year from the last day of the log.

# %%
day = history.last_date + timedelta(weeks=26)
backwards = oc.work_backwards(posterior, by=day, chance=0.8)
print(f"by {day}, with what is in flight alone: {100 * backwards.in_flight:.0f} %")
print(
    f"with the present pace of {backwards.plan.total_per_week:.1f} applications a week: {100 * backwards.usual:.0f} %"
)
print(f"for {100 * backwards.chance:.0f} % it takes {backwards.per_week:.1f} a week in the same mix")
assert backwards.in_flight < backwards.usual < backwards.chance

# %% [markdown]
# What is already in flight does a part of the work. The rest is pace, and pace has its price: the last few percent cost
# the most applications. Here is the same day with other chances.

# %%
wishes = {chance: oc.work_backwards(posterior, by=day, chance=chance).per_week for chance in (0.5, 0.6, 0.7, 0.8, 0.9)}
print(*(f"{100 * chance:.0f} %: " + (f"{pace:.1f} a week" if pace is not None else "beyond any pace up to "
        f"{backwards.most_per_week:.0f} a week") for chance, pace in wishes.items()), sep="\n")  # fmt: skip
assert wishes[0.9] is None or wishes[0.9] - wishes[0.8] > wishes[0.8] - wishes[0.7] > wishes[0.7] - wishes[0.6]

# %% [markdown]
# Does the forecast agree? It simulates the search with that pace, by other code.

# %%
scale = backwards.per_week / backwards.plan.total_per_week
faster = replace(backwards.plan, paces=tuple(pace.times(scale) for pace in backwards.plan.paces))
outlook = oc.forecast_offer(posterior, faster, horizon_weeks=52, seed=1)
print(f"{faster.total_per_week:.1f} a week: {100 * outlook.chance_by(day):.0f} % by {day}")
assert abs(outlook.chance_by(day) - backwards.chance) < 0.02
plots.plot_outlook(outlook, posterior)

# %% [markdown]
# ## What happens on the way
#
# An offer is one number at the end of a long row. The chain says how many applications reach each stage, sooner or
# later, on average and in 8 of 10 searches. It is worth knowing beforehand how many noes belong to a search that goes
# as expected.

# %%
print(*(f"{link.stage}: {link.mean:.0f}, mostly {link.low:.0f} to {link.high:.0f}" for link in backwards.chain),
      sep="\n")  # fmt: skip

# %% [markdown]
# Late applications are of little use for a date: an offer needs its weeks. The days below are the last on which a new
# application still has one chance in ten that the offer it may bring comes in time.

# %%
print(*(f"{track}: {last}" for track, last in backwards.last_days.items()), sep="\n")
assert max(backwards.last_days.values()) < day

# %% [markdown]
# ## Where the hours go
#
# Applications differ in what they cost. Say that a cold one takes an hour, that a referral takes three (somebody has to
# be found and talked to), that not more than one referral a week can be had on each track, and that there are ten hours
# a week. Which mix gives the best chance by the day?

# %%
kinds = [decisions.Kind(track, "cold", 1.0) for track in history.tracks]
kinds += [decisions.Kind(track, "referral", 3.0, most_per_week=1.0) for track in history.tracks]
effort = decisions.spend_hours(posterior, kinds, hours=10, by=day)
print(*(f"{kind.track}, {kind.channel}: {n:.1f} a week, {spent:.1f} hours"
        for kind, n, spent in zip(kinds, effort.per_week, effort.spent, strict=True) if n > 0), sep="\n")  # fmt: skip
print(f"the chance with this mix: {100 * effort.chance:.0f} %")
print(f"with the same hours on everything: {100 * effort.evenly:.0f} %")
print(f"with all hours on the best single kind: {100 * max(effort.alone):.0f} %")
assert effort.chance >= max(*effort.alone, effort.evenly)

# %% [markdown]
# The differences are smaller than one might expect. Since nobody knows yet which track is best, a mix is also a hedge.
#
# ## The answer

# %%
print(
    f"For {100 * backwards.chance:.0f} % by {day}: about {backwards.per_week:.0f} applications a week, "
    f"{backwards.per_week / backwards.plan.total_per_week - 1:+.0%} on the present pace."
)

# %% [markdown]
# ## What this does not say
#
# That is the pace at which the chance is reached, if the rates are what the log and the prior make likely, and if every
# further application is as good as those before. Forty in haste are not worth forty with care, and this page cannot
# tell them apart. That a referral is worth several cold applications is an association, in the log and in other
# people's: whom one can ask is no accident. And a chance of four in five leaves one in five, so it is well to have a
# plan for that, too. See [the limits](../docs/limits.md).
