# ---
# jupyter:
#   jupytext:
#     text_representation: {extension: .py, format_name: percent}
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---
# %% [markdown]
# # Pending is not failed
#
# *What would one have said of the same search, at the end of each of its months?*
#
# A search is simulated whose truth is known: 18 of 100 applications get a response, half of these within two weeks.
# Its log is replayed: at the end of each month only what had happened by then is seen.

# %%
from datetime import date, timedelta

import numpy as np
import pandas as pd

import offercast as oc
from offercast.trust import StepTruth, Truth, simulate_history

step = StepTruth(advance=0.18, told_no=0.5, advance_days=14, no_days=20)
later = {stage: StepTruth(0.5, 0.5, 10, 12) for stage in ("response", "phone", "interview", "second_interview")}
truth = Truth({"Analyst": {"applied": step, **later}}, {"Analyst": 8.0})
ladder = oc.load_model().ladder
start, end = date(2026, 1, 5), date(2026, 7, 31)
history = simulate_history(truth, ladder, start=start, days=150, as_of=end, rng=np.random.default_rng(8))
len(history.applications)

# %% [markdown]
# Three ways to say the same rate: responses over all that were sent (pending counted as failed), responses over those
# that were answered (silence left out), and the model, which asks how long each has been silent.


# %%
def seen(day: date) -> dict:
    """What each of the three says on a day."""
    evidence = oc.gather(history, as_of=day)
    yes, no, still = evidence.counts()[0, evidence.steps.index("applied->response")]
    drawn = oc.fit(evidence, seed=1).advance[..., 0, 0, evidence.steps.index("applied->response")]
    low, middle, high = np.quantile(drawn, [0.05, 0.5, 0.95])
    return {
        "day": day, "sent": evidence.sent, "open": int(still),
        "pending as failed": yes / (yes + no + still), "answered only": yes / max(yes + no, 1),
        "model": middle, "low": low, "high": high,
    }  # fmt: skip


days = [date(2026, month, 1) - timedelta(days=1) for month in range(2, 9)]
table = pd.DataFrame([seen(day) for day in days]).set_index("day")
table.round(2)

# %% [markdown]
# With pending counted as failed, the first months look hopeless; they are not, most of what was sent is simply young.
# With silence left out the rate is too high from the first month to the last. The model's interval is wide at first,
# narrows, and holds the truth.

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7.5, 3.6), layout="constrained")
axes.fill_between(table.index, table["low"], table["high"], alpha=0.2, label="the model, 90 %")
axes.plot(table.index, table["model"], label="the model, median")
axes.plot(table.index, table["pending as failed"], "--", label="pending counted as failed")
axes.plot(table.index, table["answered only"], ":", label="answered ones only")
axes.axhline(0.18, color="0.4", linewidth=1, label="the truth")
axes.set(ylabel="chance of a response", ylim=(0, 0.6), title="What one would have said, month by month")
axes.legend(frameon=False, fontsize=8)
# %%
assert table["pending as failed"].iloc[0] < 0.18
assert (table["answered only"] > 0.18).all()
assert ((table["low"] <= 0.18) & (table["high"] >= 0.18)).all()

# %% [markdown]
# ## What this does not say
#
# One simulated search is an illustration. How often such intervals hold the truth over a thousand of them is in
# `docs/calibration.md`; how forecasts fared on the logs of real people is in `docs/backtest.md`.
