# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Take it, or wait?
#
# *There is an offer on the table. Is it worth more than going on with the search?*
#
# The hardest moment of a search may be its first success. The offer is fine, but not what you hoped for, and the answer
# is due in a week. This page does the part of the decision that can be computed: how likely a better offer is, when it
# would come, and what the waiting would cost. The log is the example that ships with offercast; the money is made up.

# %%
from dataclasses import replace
from datetime import timedelta

import matplotlib.pyplot as plt

import offercast as oc

history = oc.read_history(oc.example())
evidence = oc.gather(history, as_of=history.last_date)
posterior = oc.fit(evidence, seed=1)
due = history.last_date + timedelta(days=7)

# %% [markdown]
# ## What you have to say yourself
#
# No log knows what an offer is worth to you. `Worth` takes it in any one unit, here in thousands a year: the usual
# value of an offer, how much offers differ, what a week without a job costs, how many years to count, and what it is
# worth to end the search with nothing.

# %%
worth = oc.Worth(usual=60, spread=0.15, per_week=0.6, stay_years=2, nothing=20)
advice = oc.weigh_offer(posterior, value=55, worth=worth, answer_by=due)
print(f"an offer of {advice.value}, the answer due on {due}: {advice.verdict}")
print(f"taking it is worth {advice.taking:.0f} in all, going on {advice.waiting:.0f}")
assert advice.verdict == "take"

# %% [markdown]
# The offer lies below the usual one, and still it is worth taking: an offer in hand is certain, and the next one is
# not.
#
# ## What becomes of those who say no
#
# Of many searches like this one that decline and go on, taking the first later offer that is worth more than searching
# further:

# %%
print(f"{100 * advice.better_soon:.0f} in 100 have taken a better one within twelve weeks")
print(f"{100 * advice.better:.0f} take a better one in the end, {100 * advice.worse:.0f} a worse one, "
      f"and {100 * advice.nothing:.0f} none within {advice.horizon_weeks} weeks")  # fmt: skip
assert abs(advice.better + advice.worse + advice.nothing - 1) < 1e-6

# %% [markdown]
# And the other side: somebody who takes it may miss something. The chance that a better one would have come in that
# time is not small, and it is no reason for regret: it counts every better offer, also those after a long and costly
# wait.

# %%
print(f"a better offer would have come by the horizon: {100 * advice.better_missed:.0f} %")

# %% [markdown]
# ## From which value on is an offer worth taking?
#
# The least value worth taking falls while a search drags on. Less time is left, and a long silence is itself a sign
# that the rates are low.

# %%
figure, axes = plt.subplots(figsize=(7.5, 3.5), layout="constrained")
axes.plot(advice.reservation)
axes.axhline(advice.value, linestyle=":", color="grey")
axes.set(title="The least value a year worth taking", ylabel="thousands a year", ylim=(0, 70))
_ = axes.set_xlabel("weeks after the answer is due; dotted: the offer in hand")
# %% [markdown]
# ## How much hangs on what was assumed?
#
# Values and costs are guesses. A verdict is worth more if it survives other ones, and worth knowing about if not.

# %%
worths = {
    "as above": worth,
    "waiting costs nothing": replace(worth, per_week=0),
    "waiting costs twice as much": replace(worth, per_week=1.2),
    "offers differ twice as much": replace(worth, spread=0.3),
    "the usual offer is a fifth higher": replace(worth, usual=72),
}
others = {name: oc.weigh_offer(posterior, value=55, worth=w, answer_by=due) for name, w in worths.items()}
print(*(f"{name}: {found.verdict}, worth taking from {found.reservation[0]:.0f} on" for name, found in others.items()),
      sep="\n")  # fmt: skip
assert {found.verdict for found in others.values()} == {"take", "even", "wait"}

# %% [markdown]
# So it is not the log that decides here, but what a week costs and what is usual. Those are the two numbers to think
# about.
#
# ## The answer

# %%
least = sorted(found.reservation[0] for found in others.values())
print(f"With the first set of numbers: {advice.verdict} it, since any offer above {advice.reservation[0]:.0f} a year "
      f"beats going on. Under the others that line lies between {least[0]:.0f} and {least[-1]:.0f}.")  # fmt: skip

# %% [markdown]
# ## What this does not say
#
# The line is where both choices are worth the same on average. It is no promise about your search, in which only one
# thing will happen, and near the line either choice is reasonable. The rule knows the rates of the log and the numbers
# that you gave. It knows nothing of the people, the place or your peace of mind, and it weighs a good outcome and a bad
# one by their size alone: if a long search would hurt you more than its cost in money, say so in what a week costs.
# Later offers are taken to be alike on every track. See [the limits](../docs/limits.md).
