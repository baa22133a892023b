# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Comparing tracks
#
# *Which of my tracks leads to an offer more often?*
#
# Many people look for two or three kinds of job at once, and would like to know where the effort pays. With few
# answers in, the honest reply is often "cannot tell yet". This page shows what can be said, how sure it is, and what
# it would take to know more. The log is the example that ships with offercast.

# %%
from math import isnan

import offercast as oc
from offercast import plots
from offercast.decisions.knowing import how_much_more

history = oc.read_history(oc.example())
evidence = oc.gather(history, as_of=history.last_date)
posterior = oc.fit(evidence, seed=1)
comparison = oc.compare(posterior)

# %% [markdown]
# ## From sending to an offer
#
# Tracks are compared through one channel, so that none is praised for the referrals that it happened to get. Each line
# is a 90 % interval. Beside it stands the chance that this track is the best of all.

# %%
plots.plot_comparison(comparison)

# %%
whole = comparison.whole
print(f"{whole.best} is the best with a chance of {100 * whole.chance_best[whole.best]:.0f} %.")
assert whole.chance_best[whole.best] < 0.8

# %% [markdown]
# That is a lead, not a result. The intervals overlap widely, as they will while offers are rare.
#
# ## Two at a time
#
# For each pair: the chance that the first converts better than the second, and the verdict in words. *Clear* begins at
# 95 %, *leaning* at 80 %.

# %%
print(*(f"{pair.first} over {pair.second}: {100 * pair.chance_first_better:.0f} %, {pair.verdict}"
        for pair in whole.pairs), sep="\n")  # fmt: skip
assert "clear" not in {pair.verdict for pair in whole.pairs}

# %% [markdown]
# ## What would a wrong choice cost?
#
# It can matter little which track is better, if they are close. The loss is the share of the best track's conversion
# that would be lost, on average, by putting everything on one track today.

# %%
print(*(f"{track}: {100 * loss:.0f} % lost" for track, loss in whole.loss.items()), sep="\n")
assert min(whole.loss, key=whole.loss.get) == whole.best

# %% [markdown]
# ## Where do they differ?
#
# The same contest, step by step. A step where one track is far ahead would say where the difference comes from.

# %%
print(*(f"{step.name}: {step.best} is best with {100 * step.chance_best[step.best]:.0f} %"
        for step in comparison.steps), sep="\n")  # fmt: skip
plots.plot_rates(posterior)

# %% [markdown]
# ## As they were sent, and per hour
#
# The first contest leaves out that some tracks came with more referrals, and that a referral takes longer than a cold
# application. Here each track stands as it was really sent, first per application, then per hour of work. How long an
# application takes is yours to say; where nothing is said, a cold one takes an hour and any other three.

# %%
by_hour = oc.compare(posterior, hours={(None, "cold"): 0.5, (None, "referral"): 4.0})
print(*(f"{track}: best as sent with {100 * comparison.as_sent.chance_best[track]:.0f} %, "
        f"per hour with {100 * by_hour.per_hour.chance_best[track]:.0f} %"
        for track in posterior.tracks), sep="\n")  # fmt: skip

# %% [markdown]
# ## How much more would it take?
#
# Suppose that each set of rates that fits the log were the true one, and that more applications had been sent and
# answered. How often would the best track then be known?

# %%
more = how_much_more(posterior, seed=1)
known = {number: chance for number, chance in zip(more.numbers, more.chances, strict=True) if not isnan(chance)}
print(*(f"{number} more of each track: decided in {100 * chance:.0f} of 100 cases" for number, chance in known.items()),
      sep="\n")  # fmt: skip
assert more.of_each is None
assert max(known.values()) < 0.5

# %% [markdown]
# The list ends where this fit has too few draws to see further. Up to there it would most likely stay open.
#
# ## The answer

# %%
worst = min(whole.chance_best, key=whole.chance_best.get)
print(
    f"{whole.best} leads with {100 * whole.chance_best[whole.best]:.0f} %, and {worst} is the best with only "
    f"{100 * whole.chance_best[worst]:.0f} %."
)
print(f"Not even {max(known)} more applications of each track, all answered, would likely settle it.")

# %% [markdown]
# ## What this does not say
#
# No track is clearly the best, and to be certain would take many more answers than there are. What can be used already
# is the loss: a track that is very unlikely to be the best costs the most to bet on.
#
# The comparison is of conversions alone. It does not know which job you would rather have, nor what it pays. A
# difference between tracks is a difference in this log, not a cause: you may have written better letters for one of
# them. And tracks are drawn towards each other until the log pulls them apart, so that a small one never looks very
# good or very bad by luck alone. See [the limits](../docs/limits.md).
