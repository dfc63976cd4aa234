"""The way of a message, as docs/tour.md tells it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from docs.pictures.svg import ROOT, box, line, sheet, text

LANES = ("channel", "gateway", "log (SQL)", "Rasa server", "action server")
_OF = (
    ("connectors/", 0),
    ("bot/log/", 2),
    ("bot/nlu/", 3),
    ("actions/", 4),
    ("bot/retrieval/", 4),
    ("bot/", 1),
)
_STEP = re.compile(r"^### (\d+)\. `([\w/]+\.py)` `([\w.]+)`$", re.MULTILINE)
_WIDE, _HIGH = 232, 34


@dataclass(frozen=True)
class Step:
    """A heading of the tour."""

    number: int
    path: str
    name: str
    """`Class.method`, a class or a function."""

    @property
    def lane(self) -> int:
        """Which of `LANES` it is in."""
        return next(lane for start, lane in _OF if self.path.startswith(start))


def steps() -> list[Step]:
    """The headings of docs/tour.md in their order."""
    tour = (ROOT / "docs" / "tour.md").read_text("utf-8")
    return [Step(int(number), path, name) for number, path, name in _STEP.findall(tour)]


def picture() -> str:
    """A lane for each program, a row for each step."""
    top, parts = 44, []
    found = steps()
    high = top + len(found) * (_HIGH + 8)
    for lane, name in enumerate(LANES):
        x = 20 + lane * (_WIDE + 24)
        parts.append(text(x + 4, 26, name, "bold"))
        parts.append(line(x - 10, 10, x - 10, high))
    last: tuple[float, float] | None = None
    for row, step in enumerate(found):
        x, y = 20 + step.lane * (_WIDE + 24), top + row * (_HIGH + 8)
        if last is not None:
            parts.append(line(last[0], last[1], x + 24, y, "arrow"))
        parts.append(box(x, y, _WIDE, _HIGH, "head" if step.lane else "box"))
        parts.append(text(x + 8, y + 15, f"{step.number}. {step.name}", "small bold"))
        parts.append(text(x + 8, y + 28, step.path, "small soft"))
        last = (x + 24, y + _HIGH)
    return sheet(20 + len(LANES) * (_WIDE + 24), high + 10, "The way of a message", parts)
