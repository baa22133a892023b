"""What all pictures share: calm colours, quiet axes, and SVG text that is the same for the same numbers.

Drawn with Matplotlib, which is an extra (`[plots]`) and imported when the first picture is drawn.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from offercast.errors import CommandError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

SENT, PALE, WAIT, NO, SOFT, LINE = "#1f5f99", "#bcd5ea", "#b9791c", "#c6c8cb", "#5b6470", "#d9d4c7"
"""The colours of the page (templates/page.css): moved on, its band, waiting, told no, quiet text, quiet lines. They
differ in lightness as well, so that a grey copy can be read; what waits is hatched besides."""
HATCH = "////"
COLOURS = ("#1f4e79", "#c8702b", "#3f7f5f", "#8c4a6e", "#6f6a5e", "#2a93a8", "#a8882a")
DASHES = ("-", "--", "-.", ":")
ROW, EDGES = 0.34, 1.3
"""Inches of height for one row, and for what stands above and below the rows."""
NAME = 28
"""Characters of a name beside a row."""
STYLE = {
    "svg.hashsalt": "offercast",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a8577",
    "axes.titlelocation": "left",
    "figure.facecolor": "#fbfaf7",
    "axes.facecolor": "#fbfaf7",
    "savefig.facecolor": "#fbfaf7",
}
_NAMES = {"text.parse_math": False, "hatch.linewidth": 0.6, "hatch.color": "white"}
"""A dollar sign in a name is a dollar sign."""


@contextmanager
def styled(**more: Any) -> Generator[None]:  # noqa: ANN401 - values of Matplotlib's parameters
    """Draw in our style, whatever style the caller's Matplotlib has."""
    mpl = matplotlib()
    with mpl.rc_context({**mpl.rcParamsDefault, **STYLE, **more}):
        yield


def picture[**P](draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let a function that draws a figure draw it in our style."""

    @wraps(draw)
    def run(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with styled(**_NAMES):
            return draw(*args, **kwargs)

    return run


def axes_of(ax: Axes | None, *, rows: int | None = None, high: float = 4.0) -> Axes:
    """The axes to draw on: those given, or those of a new figure as high as its rows need."""
    if ax is not None:
        return ax
    from matplotlib.figure import Figure

    size = (7.5, high if rows is None else EDGES + ROW * max(rows, 2))
    return Figure(figsize=size, layout="constrained").add_subplot()


def finished(axes: Axes, alt: str) -> Figure:
    """The figure of the axes, which keep what one would say to somebody who cannot see them.

    In a notebook it shows itself: it belongs to no window that Pyplot would show.
    """
    axes.set_label(alt)
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes that were removed from their figure are not ours to draw on
    figure.__dict__["_repr_svg_"] = partial(svg, figure)
    return figure


def beside(axes: Axes, place: float, text: str) -> None:
    """Write to the right of the axes, at the height of a row."""
    where: Any = ("axes fraction", "data")
    axes.annotate(
        text,
        (1, place),
        (8, 0),
        xycoords=where,
        textcoords="offset points",
        annotation_clip=False,
        va="center",
        fontsize=9,
    )


def dated(axes: Axes) -> None:
    """Days on an axis, as short as they can be told."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def percents() -> Formatter:
    """Whole percent, for an axis of chances."""
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0, symbol=" %")


def alt_text(figure: Figure) -> str:
    """What a picture shows, in a sentence for each of its axes."""
    return " ".join(label for axes in figure.axes if (label := str(axes.get_label())))


def svg(figure: Figure) -> str:
    """A figure as SVG text: the same bytes for the same figure, without a date, with its text kept as text.

    The picture's own words (`alt_text`) become its title, which screen readers say.

    >>> from matplotlib.figure import Figure
    >>> empty = Figure(figsize=(1, 1))
    >>> svg(empty) == svg(empty), "<dc:date>" in svg(empty)
    (True, False)
    """
    stream = io.StringIO()
    with styled(**_NAMES), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # the reader's fonts draw the text
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"
    said = alt_text(figure)
    if not said:
        return text
    at = text.index(">", text.index("<svg")) + 1
    return f'{text[: at - 1]} role="img">\n <title>{escape(said)}</title>{text[at:]}'


def matplotlib() -> Any:  # noqa: ANN401 - a module
    """Matplotlib, or a message that says how to get it."""
    try:
        import matplotlib as mpl
    except ImportError:
        raise CommandError(
            'pictures are drawn with Matplotlib, which is not installed. Add it: pip install "offercast[plots]".'
        ) from None
    return mpl
