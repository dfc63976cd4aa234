"""The little of SVG that the pictures need. They read well on white and on black paper."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"

_STYLE = """
svg { background: #fff; color: #1d2733; font: 13px/1.4 system-ui, "Noto Sans", sans-serif; }
text { fill: currentColor; }
.soft { fill: #5c6876; } .small { font-size: 11px; } .bold { font-weight: 600; } .end { text-anchor: end; }
.box { fill: #f6f8fa; stroke: #aab4bf; } .head { fill: #dcefec; stroke: #aab4bf; } .line { stroke: #d6dce2; }
.mark { fill: #0d6966; } .back { fill: #c4541c; } .arrow { stroke: #0d6966; stroke-width: 1.5; fill: none; }
"""


def text(x: float, y: float, words: str, kind: str = "", turned: bool = False) -> str:
    """Words whose baseline begins (or ends, `kind` "end") at a point; `turned` reads upwards."""
    turn = f' transform="rotate(-90 {x:g} {y:g})"' if turned else ""
    return f'<text x="{x:g}" y="{y:g}" class={quoteattr(kind)}{turn}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str = "box", title: str = "") -> str:
    """A rectangle; `title` is shown to who points at it."""
    told = f"<title>{escape(title)}</title>" if title else ""
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f'<rect {place} rx="3" class="{kind}">{told}</rect>'


def line(x: float, y: float, to_x: float, to_y: float, kind: str = "line") -> str:
    """A line; of kind "arrow" with a head."""
    head = ' marker-end="url(#head)"' if kind == "arrow" else ""
    return f'<path d="M{x:g} {y:g}L{to_x:g} {to_y:g}" class="{kind}"{head}/>'


def sheet(width: float, height: float, title: str, parts: list[str]) -> str:
    """A whole picture; `title` is what it shows, for who hears it."""
    head = (
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0 0L8 4L0 8z" class="mark"/></marker></defs>'
    )
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    begin = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    body = "\n".join(parts)
    return f"{begin}\n<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n{head}\n{body}\n</svg>\n"
