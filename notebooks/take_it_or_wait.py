# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Take it, or wait?
#
# *There is an offer in hand, and an answer is due. What would going on be worth?*

# %%
from datetime import date

import offercast as oc

history = oc.read_history(oc.example())
posterior = oc.fit(oc.gather(history, as_of=history.last_date), seed=1)

# %% [markdown]
# What only you can say: what offers are usually worth to you a year, how much they vary, what a week of searching
# costs. Here 60,000 a year is usual, two in three offers lie within 15 % of that, and a week costs 1,150.

# %%
worth = oc.Worth(usual=60_000, spread=0.15, per_week=1_150, stay_years=2.0)
advice = oc.weigh_offer(posterior, value=58_000, worth=worth, answer_by=date(2026, 4, 20))
advice.verdict, round(advice.taking), round(advice.waiting)

# %% [markdown]
# The least value worth taking falls as time goes on: by week from the day of the answer on.

# %%
[round(value) for value in advice.reservation[:24:4]]

# %% [markdown]
# Of those who say no and follow that rule:

# %%
{
    "a better one within twelve weeks": round(advice.better_soon, 2),
    "none acceptable by then": round(advice.none_soon, 2),
    "a better one in the end": round(advice.better, 2),
    "a worse one": round(advice.worse, 2),
    "nothing within the year": round(advice.nothing, 2),
}

# %% [markdown]
# What would have to be different for the other answer? Ask for the offers at which it turns:

# %%
[
    (value, oc.weigh_offer(posterior, value=value, worth=worth, answer_by=date(2026, 4, 20)).verdict)
    for value in (40_000, 50_000, 55_000, 60_000, 70_000)
]

# %% [markdown]
# ## What this does not say
#
# It counts money in your own unit, risk-neutrally, on rates that may be off. If an empty bank account is worse than
# its number, give its weeks a higher cost. The rule does not learn from the offers that it turns down.

# %%
assert abs(advice.better + advice.worse + advice.nothing - 1.0) < 1e-6
