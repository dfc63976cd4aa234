"""Plots as SVG: told apart by marks and hatching, so they can be printed in grey."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bot.evaluation.scores import Bin

Points = Sequence[tuple[float, float]]

_LINES = ("-", "--", ":", "-.")
_MARKS = ("o", "s", "^", "D")
_HATCHES = ("", "///", "...", "xx")
_SHADES = ("#1b1b1b", "#9a9a9a", "#d0d0d0", "#ffffff")
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: the reader's own fonts write it, Korean included
    "svg.hashsalt": "sotong",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "hatch.color": "#1b1b1b",
}
_FONTS = re.compile(r'font-family: [^;"]*')


def calibration_curve(series: Mapping[str, Sequence[Bin]]) -> str:
    """How often guesses of a confidence are right; on the diagonal, confidence means what it says.

    A mark is the larger the more guesses it stands for.
    """
    with _plot(5.2, 4.6) as (figure, axes):
        axes.plot([0, 1], [0, 1], color="#777777", linewidth=1, label="말한 그대로 맞을 때")
        for number, (name, bins) in enumerate(series.items()):
            most = max((b.count for b in bins), default=1)
            at = [b.confidence for b in bins], [b.right for b in bins]
            axes.plot(*at, color="#1b1b1b", linestyle=_LINES[number], linewidth=1)
            axes.scatter(
                *at,
                [12 + 130 * b.count / most for b in bins],
                label=name,
                marker=_MARKS[number],
                color="white" if number else "#1b1b1b",
                edgecolors="#1b1b1b",
                zorder=3,
            )
        axes.set(xlim=(-0.02, 1.03), ylim=(-0.02, 1.04), xlabel="스스로 매긴 확률", ylabel="실제로 맞은 비율")
        axes.legend(frameon=False, loc="upper left", markerscale=0.7)
        return _svg(figure)


def lines(series: Mapping[str, Points], x: str, y: str, *, log: bool = False) -> str:
    """Lines over a common axis; `log` stretches the beginning of the x axis."""
    with _plot(7.2, 4.0) as (figure, axes):
        for number, (name, points) in enumerate(series.items()):
            axes.plot(
                [a for a, _ in points],
                [b for _, b in points],
                label=name,
                color="#1b1b1b",
                linestyle=_LINES[number],
                marker=_MARKS[number],
                markersize=5,
                markerfacecolor="white" if number else "#1b1b1b",
            )
        if log:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set(xlabel=x, ylabel=y)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)
        return _svg(figure)


def bars(groups: Sequence[str], series: Mapping[str, Sequence[float | None]], y: str) -> str:
    """Bars side by side, the figure written on top of each; None leaves a gap."""
    with _plot(max(4.2, 1.2 + 0.75 * len(groups) * len(series)), 3.6) as (figure, axes):
        width = 0.8 / len(series)
        for number, (name, values) in enumerate(series.items()):
            places = [at + (number - (len(series) - 1) / 2) * width for at in range(len(groups))]
            drawn = axes.bar(
                places,
                [value or 0 for value in values],
                width * 0.92,
                label=name,
                color=_SHADES[number],
                hatch=_HATCHES[number],
                edgecolor="#1b1b1b",
            )
            axes.bar_label(drawn, ["" if v is None else f"{v:.3g}" for v in values], fontsize=9)
        axes.set_xticks(range(len(groups)), groups)
        axes.set_ylabel(y)
        axes.margins(y=0.15)
        if len(series) > 1:
            axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=len(series))
        return _svg(figure)


def matrix(names: Sequence[str], counts: npt.NDArray[np.floating[Any]], rows: str, columns: str) -> str:
    """A square of counts, float[n, n], the darker the more; zeros are left empty."""
    side = 2.4 + 0.34 * len(names)
    with _plot(side + 0.6, side) as (figure, axes):
        axes.grid(visible=False)
        if len(names):
            axes.imshow(counts, cmap="Greys", vmin=0, vmax=max(2.0, 1.4 * float(counts.max())))
            for row, column in zip(*np.nonzero(counts), strict=True):
                axes.text(column, row, f"{counts[row, column]:.0f}", ha="center", va="center", fontsize=9)
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_yticks(range(len(names)), names)
        axes.set_xticks([at - 0.5 for at in range(1, len(names))], minor=True)
        axes.set_yticks([at - 0.5 for at in range(1, len(names))], minor=True)
        axes.grid(which="minor", color="#dddddd", linewidth=0.6)
        axes.tick_params(which="minor", length=0)
        axes.set(xlabel=columns, ylabel=rows)
        return _svg(figure)


@contextmanager
def _plot(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """A figure of so many inches, with one pair of axes."""
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # only to measure the text
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.subplots()
        axes.grid(axis="y", color="#dddddd", linewidth=0.8)
        yield figure, axes


def _svg(figure: Figure) -> str:
    """The picture as an SVG document without date or metadata, its text in the reader's own sans-serif."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = out.getvalue()
    return _FONTS.sub("font-family: sans-serif", text[text.index("<svg") :])
