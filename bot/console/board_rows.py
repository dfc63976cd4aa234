"""Rows of the board as HTML: what is the same for everybody who looks is written once."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from bot.board.rows import Row
from bot.console.words import N_

MOOD_NAMES = {
    "crisis": N_("위기·긴급"),
    "abuse": N_("거친 말"),
    "person": N_("사람을 찾아요"),
    "failure": N_("거듭 못 알아들음"),
}
"""What a flag says; `bot.board.moods` says when it is there."""
_OLD = timedelta(seconds=30)
"""How long a row says for how long somebody has waited."""
_KEPT = 2000


@dataclass(frozen=True)
class _Written:
    row: Row
    at: datetime
    html: Markup


class RowWriter:
    """Writes a row when it has changed, or says a time that has passed."""

    def __init__(
        self,
        env: Environment,
        departments: Callable[[], dict[str, str]],
        clock: Callable[[], datetime],
    ) -> None:
        self._env = env
        self._departments = departments
        self._clock = clock
        self._written: dict[int, _Written] = {}

    def html(self, row: Row) -> Markup:
        """The inside of the row's link: nothing in it depends on who looks."""
        now = self._clock()
        known = self._written.get(row.id)
        if known is not None and known.row == row and not _aged(row, known.at, now):
            return known.html
        module: Any = self._env.get_template("_board_row.html").module
        html: Markup = module.inside(row, now, MOOD_NAMES, self._departments())
        if len(self._written) >= _KEPT:
            self._written.clear()
        self._written[row.id] = _Written(row, now, html)
        return html

    def write(self, rows: Collection[Row], gone: Collection[int]) -> str:
        """What pages need to bring themselves up to date."""
        data = {"rows": [{**facts(row), "html": self.html(row)} for row in rows], "gone": sorted(gone)}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def facts(row: Row) -> dict[str, Any]:
    """What a page's script goes by: whose it is, where it stands, whether there is something new in it."""
    since = row.waiting_since if row.group == "waiting" else row.last_at
    return {
        "id": row.id,
        "group": row.group,
        "operator": row.operator_id,
        "wanted": row.wanted_id,
        "channel": row.channel,
        "moods": " ".join(row.moods),
        "heard": row.heard,
        "at": int((since or row.last_at).timestamp() * 1000),
    }


def _aged(row: Row, at: datetime, now: datetime) -> bool:
    waits = row.waiting_since is not None or row.owed_since is not None
    return now - at >= _OLD if waits else now.date() != at.date() or now - at >= timedelta(hours=6)
