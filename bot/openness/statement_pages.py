"""`/open/privacy` and `/open/accessibility`: the office's statements as everybody reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aiohttp import web

from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.openness.statements import NAMES, Section, Statement, blocks, filled
from bot.openness.wording import channel_name
from bot.rights.purposes import Purpose
from bot.rights.retention import RULES, RetentionFile
from bot.rights.wordings import Wordings
from bot.settings import Settings

_STAFFS = frozenset({"audit", "receipts"})
"""Kinds of what is kept that are no citizen's."""


class Show(Protocol):
    """As `bot.openness.pages.OpenPages.page`."""

    def __call__(
        self, request: web.Request, name: str, context: Mapping[str, Any], status: int = 200
    ) -> web.Response:
        """A template with what every page needs."""
        ...


class StatementPages:
    """The routes, below `/open`."""

    def __init__(self, settings: Settings, content: ContentStore, wordings: Wordings, show: Show) -> None:
        folder = settings.live_data / "statements"
        self._paths = {name: folder / f"{name}.yml" for name in NAMES}
        self._files = {name: LiveFile(path, Statement) for name, path in self._paths.items()}
        self._retention = LiveFile(settings.live_data / "retention.yml", RetentionFile)
        self._settings = settings
        self._content = content
        self._wordings = wordings
        self._show = show
        self._tables: Mapping[str, Callable[[Statement], object]] = {
            "kept": self._kept,
            "consents": self._consents,
            "messengers": self._messengers,
            "people": lambda statement: statement.people,
            "exceptions": lambda statement: statement.exceptions,
        }

    def routes(self) -> list[web.RouteDef]:
        """To be added below `/open`."""
        return [web.get(f"/{{name:{'|'.join(NAMES)}}}", self.page)]

    async def page(self, request: web.Request) -> web.Response:
        """A statement; 404 with whom to ask where the office has none.

        Raises `bot.content.problem.ContentError` for a file that was never good.
        """
        name = request.match_info["name"]
        phone = self._content.persona().phone
        if not self._paths[name].exists():
            return self._show(request, "unstated.html", {"phone": phone}, 404)
        statement = self._files[name].current()
        places = {
            "city": self._content.persona().persona.city,
            "phone": phone,
            "days": str(self._settings.retention_days),
            "handoff_days": str(self._retention.current().handoff_messages),
        }
        context = {
            "statement": statement,
            "lead": blocks(filled(statement.lead, places)),
            "sections": [self._section(statement, each, places) for each in statement.sections],
        }
        return self._show(request, "statement.html", context)

    def _section(self, statement: Statement, section: Section, places: Mapping[str, str]) -> dict[str, Any]:
        rows = self._tables[section.table](statement) if section.table else ()
        said = blocks(filled(section.text, places))
        return {"title": section.title, "blocks": said, "table": section.table, "rows": rows}

    def _kept(self, _: Statement) -> list[tuple[str, int]]:
        """What is kept for how many days."""
        days = self._retention.current()
        return [
            (
                rule.title,
                self._settings.retention_days if rule.kind == "messages" else getattr(days, rule.kind),
            )
            for rule in RULES
            if rule.kind not in _STAFFS
        ]

    def _consents(self, _: Statement) -> list[tuple[str, str]]:
        """Name and words of what citizens are asked to agree to; who is asked of stands in the words."""
        named = {"agency": "다른 기관"}
        return [
            (self._wordings.name(each), filled(self._wordings.consent(each).text, named)) for each in Purpose
        ]

    def _messengers(self, statement: Statement) -> list[tuple[str, object]]:
        """Name and company of the messengers that are switched on."""
        return [
            (channel_name(channel), company)
            for channel, company in statement.messengers.items()
            if self._settings.is_on(channel)
        ]
