"""Pictures: each function takes a result and returns a Matplotlib figure, drawn with the extra `[plots]`.

A figure belongs to no window: save it (`figure.savefig("rates.png")`), show it in a notebook by naming it last, or turn
it into text with `svg`, the same bytes for the same numbers. What a picture shows is told in words by `alt_text`.

>>> import offercast
>>> from offercast import plots
>>> history = offercast.read_history(offercast.example())
>>> figure = plots.plot_funnel(offercast.gather(history, as_of=history.last_date))
>>> plots.svg(figure).startswith("<?xml")
True
"""

from offercast.evidence.flows import Flow, flows
from offercast.report.figures import alt_text, svg
from offercast.report.plot_ahead import plot_comparison, plot_outlook, plot_silence
from offercast.report.plot_backtest import plot_backtest, plot_pit
from offercast.report.plot_fit import plot_checks, plot_needed, plot_rates, plot_waits
from offercast.report.plot_log import plot_funnel
from offercast.report.plot_sankey import plot_sankey
from offercast.report.plot_trust import plot_calibration
from offercast.report.sankey import sankey_text

__all__ = [
    "Flow",
    "alt_text",
    "flows",
    "plot_backtest",
    "plot_calibration",
    "plot_checks",
    "plot_comparison",
    "plot_funnel",
    "plot_needed",
    "plot_outlook",
    "plot_pit",
    "plot_rates",
    "plot_sankey",
    "plot_silence",
    "plot_waits",
    "sankey_text",
    "svg",
]
