"""Pictures: they show the numbers of their results, whole, for any number of tracks, and are the same bytes each time."""

import builtins
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from offercast import plots
from offercast.decisions import Open, compare, waiting
from offercast.errors import CommandError
from offercast.evidence import gather
from offercast.evidence.evidence import Evidence, InFlight
from offercast.forecast import Limits, Plan, forecast_offer
from offercast.history import Application, History
from offercast.inference import Posterior
from offercast.inference.curves import answer_curve, chances_among
from offercast.inference.summary import track_yields
from offercast.report.plot_log import KINDS
from offercast.trust.sbc import Calibration, Replication
from support import day, event

NAMES = [f"Track {i} & <$_{{{i}}}$ with a long name" for i in range(12)]


def by_hand(tracks: int) -> Posterior:
    return Posterior.from_chances({NAMES[i]: {"applied->response": 0.05 + 0.01 * i} for i in range(tracks)})


def every_picture(posterior: Posterior) -> dict[str, Figure]:
    """One of each kind from one posterior."""
    track = posterior.tracks[0]
    some = [Open(f"Acme {i}", track, "cold", "applied", i, i) for i in range(30 * (len(posterior.tracks) > 1))]
    outlook = forecast_offer(posterior, Plan.per_week({track: 5.0}), horizon_weeks=10, searches=500)
    return {
        "funnel": plots.plot_funnel(posterior.evidence),
        "rates": plots.plot_rates(posterior),
        "waits": plots.plot_waits(posterior),
        "needed": plots.plot_needed(posterior),
        "checks": plots.plot_checks(posterior),
        "outlook": plots.plot_outlook(outlook, posterior),
        "comparison": plots.plot_comparison(compare(posterior)),
        "silence": plots.plot_silence(waiting(posterior, some)),
        "sankey": plots.plot_sankey((), posterior.ladder, as_of=date(2026, 1, 1)),
    }


@pytest.fixture(scope="module")
def few_and_many() -> dict[tuple[str, int], Figure]:
    """One track, an empty log and nothing waiting; twelve with long names that XML and TeX would misread."""
    found = {(name, n): figure for n in (1, 12) for name, figure in every_picture(by_hand(n)).items()}
    for figure in found.values():
        figure.draw_without_rendering()  # lays it out
    return found


def shown_texts(figure: Figure) -> list[Text]:
    """Every text but the labels of ticks beyond the ends of an axis, which Matplotlib keeps and does not draw."""
    beyond = {
        id(label)
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for tick in axis.get_major_ticks()
        if not axes.axison or not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
        for label in (tick.label1, tick.label2)
    }
    texts = figure.findobj(Text)
    return [t for t in texts if t.get_visible() and t.get_text().strip() and id(t) not in beyond]


def clipped(figure: Figure) -> list[str]:
    """The texts that reach beyond the edge of the picture."""
    page = figure.bbox
    return [
        t.get_text()
        for t in shown_texts(figure)
        if not (
            page.x0 - 1 <= (box := t.get_window_extent()).x0
            and box.x1 <= page.x1 + 1
            and page.y0 - 1 <= box.y0
            and box.y1 <= page.y1 + 1
        )
    ]


def test_no_text_is_cut_off_and_every_picture_says_what_it_shows(few_and_many) -> None:
    for name, figure in few_and_many.items():
        assert clipped(figure) == [], name
        assert shown_texts(figure), name
        told = plots.alt_text(figure)
        assert told.endswith("."), name


@pytest.mark.parametrize("name", ["needed", "comparison"])
def test_the_text_of_a_picture_is_well_formed(few_and_many, name: str) -> None:
    figure = few_and_many[name, 12]
    root = ET.fromstring(plots.svg(figure))  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert root[0].text == plots.alt_text(figure)
    written = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(text.startswith("Track 11 & <$_{11}$ with") for text in written)


def test_names_of_rows_do_not_touch(few_and_many) -> None:
    for name, figure in few_and_many.items():
        boxes = [t.get_window_extent() for t in figure.axes[0].get_yticklabels() if t.get_text()]
        boxes.sort(key=lambda box: box.y0)
        assert all(a.y1 <= b.y0 + 0.5 for a, b in pairwise(boxes)), name


def test_the_same_bytes_whatever_the_style_of_the_caller(monkeypatch) -> None:
    first = plots.svg(plots.plot_rates(by_hand(2)))
    monkeypatch.setitem(rcParams, "font.size", 22.0)
    monkeypatch.setitem(rcParams, "svg.hashsalt", None)
    assert plots.svg(plots.plot_rates(by_hand(2))) == first
    assert rcParams["font.size"] == 22.0
    assert "<dc:date>" not in first
    assert first != plots.svg(plots.plot_rates(by_hand(3)))


def test_names_in_any_script_are_kept_as_text() -> None:
    """Without a warning, though the font at hand may not have them: whoever opens the picture has."""
    drawn = plots.svg(plots.plot_comparison(compare(Posterior.from_chances({"数据 אב": {"applied->response": 0.2}}))))
    assert "数据 אב</text>" in drawn


def test_a_stage_of_another_ladder_is_told_by_its_id() -> None:
    silence = waiting(by_hand(1), [Open("Acme", NAMES[0], "cold", "applied", 3, 3)])
    assert "Acme, Applied: 3 days" in plots.alt_text(plots.plot_silence(silence))
    (row,) = silence.rows
    other = replace(silence, rows=(replace(row, application=replace(row.application, stage="audition")),))
    assert "Acme, audition: 3 days" in plots.alt_text(plots.plot_silence(other))


def test_axes_of_the_caller_are_drawn_on() -> None:
    figure = Figure(figsize=(12, 4))
    left, right = figure.subplots(1, 2)
    assert plots.plot_needed(by_hand(1), ax=right) is figure
    assert not left.lines
    assert right.lines


def test_the_funnel_shows_what_was_counted(example_evidence: Evidence) -> None:
    """Widths of the bars against the counts; those that wait have a colour and a hatching of their own."""
    axes = plots.plot_funnel(example_evidence).axes[0]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    widths = [patch.get_width() for patch in bars[: len(KINDS)]]
    assert widths == [16, 67, 22, 0]
    assert "Applied: 67 waiting" in axes.get_label()
    assert [bool(patch.get_hatch()) for patch in bars[: len(KINDS)]] == [False, True, False, False]
    waits = [patch.get_width() for patch in bars[1 :: len(KINDS)]]
    assert sum(waits) == example_evidence.open_now


def test_the_funnel_of_a_log_that_names_no_responses(ladder) -> None:
    """The steps before an interview are one: its bar begins at the stage of sending."""
    rows = (
        Application("a", "A", "cold", (event("applied", "06-01"), event("interview", "06-20"))),
        Application("b", "A", "cold", (event("applied", "06-10"),)),
    )
    told = plots.alt_text(plots.plot_funnel(gather(History(ladder, rows), as_of=day("06-30"))))
    assert "Applied: 1 moved on; Applied: 1 waiting" in told
    assert "Response" not in told


def test_an_end_without_an_answer_is_neither_a_no_nor_waiting() -> None:
    ladder = by_hand(1).ladder
    s = ladder.step_index["applied"]
    steps, channels = tuple(step.id for step in ladder.steps), tuple(c.id for c in ladder.channels)
    flight = InFlight(0, 0, s, 3, 3, 5)
    evidence = Evidence(("A",), channels, steps, date(2026, 1, 1), {(0, 0, s, 2, 3, 3): 7.0}, in_flight=(flight,))
    assert "Applied: 5 waiting; Applied: 2 ended without an answer." in plots.alt_text(plots.plot_funnel(evidence))
    other = Evidence(("A",), channels, steps[:2], date(2026, 1, 1), {})
    with pytest.raises(CommandError, match="ladder=history.ladder"):
        plots.plot_funnel(other)


def test_the_curves_by_hand() -> None:
    """20 % move on, half of the others are told no: 60 % are answered in the end, none on the first day."""
    posterior = Posterior.from_chances({"A": {"applied->response": 0.2}}, told_no=0.5)
    curve = answer_curve(posterior, "applied->response")
    assert (curve.answered[0].median, curve.days[0], curve.days[-1]) == (0.0, 0, 180)
    assert curve.moved_on[-1].median == pytest.approx(0.2)
    assert curve.answered[-1].median == pytest.approx(0.6)
    assert curve.never == pytest.approx(0.4)
    assert all(a.median <= b.median for a, b in zip(curve.answered, curve.answered[1:], strict=False))
    axes = plots.plot_waits(posterior).axes[0]
    assert axes.lines[2].get_ydata()[0] == pytest.approx(0.6)
    with pytest.raises(CommandError, match='Did you mean "applied->response"'):
        plots.plot_waits(posterior, "applied->respons")


def test_the_needed_curve_crosses_where_the_table_says(example_posterior: Posterior) -> None:
    """A second method: the number in the table is the first at which the curve has reached its chance."""
    for found in track_yields(example_posterior):
        for chance, number in found.needed.items():
            before, at = chances_among(example_posterior, [number - 1, number])[found.track]
            assert before < chance <= at
    with pytest.raises(CommandError, match="at least 10"):
        plots.plot_needed(example_posterior, most=3)


def test_the_outlook_is_the_forecast(example_posterior: Posterior) -> None:
    outlook = forecast_offer(example_posterior, searches=2000, horizon_weeks=26)
    axes = plots.plot_outlook(outlook, example_posterior).axes[0]
    line = next(line for line in axes.lines if len(line.get_xdata()) == 27)
    assert list(line.get_ydata()) == [outlook.chance_by(7.0 * week) for week in range(27)]
    (band,) = axes.collections
    corners = band.get_paths()[0].vertices[:, 1]
    assert corners.min() == 0.0
    assert outlook.chance_by(182.0) < corners.max() <= 1.0
    assert not plots.plot_outlook(outlook).axes[0].collections
    limited = replace(outlook, limits=Limits(at_once=2))
    assert plots.plot_outlook(limited).axes
    with pytest.raises(CommandError, match="without a posterior"):
        plots.plot_outlook(limited, example_posterior)


def test_the_comparison_is_in_its_order(example_posterior: Posterior) -> None:
    comparison = compare(example_posterior)
    axes = plots.plot_comparison(comparison).axes[0]
    assert axes.get_yticklabels()[0].get_text() == comparison.whole.best
    best = comparison.whole.chances[comparison.whole.best]
    assert list(axes.lines[0].get_xdata()) == pytest.approx([100 * best.low, 100 * best.high])


def test_the_rest_of_the_silent_ones_is_counted() -> None:
    posterior = by_hand(1)
    opens = [Open(f"Firm {i}", NAMES[0], "cold", "applied", i, i) for i in range(25)]
    axes = plots.plot_silence(waiting(posterior, opens)).axes[0]
    assert "5 more, less likely, are not shown" in axes.get_title("left")
    assert len(axes.get_yticklabels()) == 20
    nothing = plots.plot_silence(waiting(posterior, []))
    assert plots.alt_text(nothing) == "Open applications. Nothing is waiting for an answer."


def test_calibration_is_drawn_of_the_worst_quantity() -> None:
    runs = tuple(Replication(i, {"good": (37 * i) % 100, "bad": i % 50}) for i in range(200))
    figure = plots.plot_calibration(Calibration(runs, draws=99))
    assert plots.alt_text(figure).startswith("Calibration of bad: 200 simulated logs, p = ")
    assert figure.axes[0].lines
    assert "Calibration of good" in plots.alt_text(plots.plot_calibration(Calibration(runs, draws=99), "good"))
    with pytest.raises(CommandError, match='Did you mean "good"'):
        plots.plot_calibration(Calibration(runs, draws=99), "goood")
    with pytest.raises(CommandError, match="nothing to draw"):
        plots.plot_calibration(Calibration((Replication(0, {}, failure="no"),)))


def test_checks_far_off_are_left_of_the_line(example_posterior: Posterior) -> None:
    axes = plots.plot_checks(example_posterior).axes[0]
    told = re.match(r"(\d+) checks of the fit against the log; far off: none\.", axes.get_label())
    assert told
    assert len(axes.get_yticklabels()) == int(told[1]) > 10
    limit = axes.lines[-1].get_xdata()[0]
    assert limit == pytest.approx(0.05 / int(told[1]))


def test_without_matplotlib_the_message_says_what_to_install(monkeypatch) -> None:
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.split(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(CommandError, match=r"offercast\[plots\]"):
        plots.plot_rates(by_hand(1))


def test_the_door_names_what_it_offers() -> None:
    assert sorted(plots.__all__) == plots.__all__
    for name in plots.__all__:
        assert getattr(plots, name).__doc__
