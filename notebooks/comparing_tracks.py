# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Comparing tracks
#
# *Which role track converts better, how sure is that, and how much more would one have to know?*

# %%
import offercast as oc
from offercast import plots
from offercast.decisions.knowing import how_much_more

history = oc.read_history(oc.example())
posterior = oc.fit(oc.gather(history, as_of=history.last_date), seed=1)
comparison = oc.compare(posterior)
whole = comparison.whole

# %% [markdown]
# Offers per hundred cold applications, with 90 % intervals, on a log scale. They overlap: that is the usual state of
# a search of a hundred applications.

# %%
plots.plot_comparison(comparison)

# %% [markdown]
# The chance of being the best of all is the share of posterior draws in which a track leads. What choosing one now
# loses is the better guide: it can be small although nobody can say which is better.

# %%
whole.chance_best

# %%
whole.loss

# %% [markdown]
# Pair by pair, with a verdict. "Clear" takes 95 %.

# %%
[(pair.first, pair.second, round(pair.chance_first_better, 2), pair.verdict) for pair in whole.pairs]

# %% [markdown]
# ## How much more would decide it
#
# Each set of rates that fits the log is taken for the truth in turn; further applications are simulated from it, and
# the comparison is made again. Where no number of them is named, not even 320 more of each track would likely decide
# it.

# %%
more = how_much_more(posterior)
more.of_each, more.numbers

# %% [markdown]
# ## What this does not say
#
# A track's rates are those of the applications that were sent to it, by one person. Another channel, another level or
# another season may be behind a difference; the comparison through one channel takes out the channel alone.

# %%
assert abs(sum(whole.chance_best.values()) - 1.0) < 1e-9
