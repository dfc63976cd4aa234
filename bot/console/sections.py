"""What stands in the console's navigation: groups of sections, each seen by those who may use it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.console.guard import BACKGROUND, WHO
from bot.console.words import N_
from bot.staff.roles import Permission, may
from bot.staff.sessions import LoggedIn


@dataclass(frozen=True)
class Section:
    """One place of the console. Its pages are those whose path begins with `path`."""

    path: str
    name: str
    permission: Permission
    """What a person must be allowed to see it."""
    badge: str = ""
    """Which of the application's `BADGES` counts what waits there."""
    also: tuple[str, ...] = ()
    """Other beginnings of its pages' paths."""


@dataclass(frozen=True)
class Group:
    """Sections that belong together."""

    name: str
    sections: tuple[Section, ...]


GROUPS = (
    Group(
        N_("상담"),
        (
            Section("/", N_("대화"), "watch", also=("/conversations",)),
            Section("/approvals", N_("답 확인"), "watch", "approvals"),
            Section("/contacts", N_("연락 요청"), "watch", "contacts"),
            Section("/mentions", N_("나를 부른 메모"), "watch", "mentions"),
            Section("/search", N_("찾기"), "watch", also=("/replay",)),
            Section("/canned", N_("자주 쓰는 답"), "talk"),
        ),
    ),
    Group(
        N_("시민의 목소리"),
        (
            Section("/reports", N_("신고"), "watch"),
            Section("/ideas", N_("제안"), "watch"),
            Section("/reviews", N_("평가"), "watch"),
        ),
    ),
    Group(
        N_("스튜디오"),
        (
            Section("/studio/inbox", N_("모르는 말"), "view", "inbox"),
            Section("/studio/tasks", N_("할 일"), "view", "tasks"),
            Section("/studio/answers", N_("답변"), "view"),
            Section("/studio/intents", N_("알아듣는 말"), "view", also=("/studio/training", "/studio/words")),
            Section("/studio/words", N_("낱말"), "view"),
            Section("/studio/texts", N_("대화 흐름"), "view"),
            Section("/studio/import", N_("가져오기·내보내기"), "edit"),
            Section("/studio/publish", N_("게시"), "view", "drafts"),
            Section("/studio/releases", N_("판"), "view"),
        ),
    ),
    Group(
        N_("살피기"),
        (
            Section("/figures", N_("통계"), "figures"),
            Section("/alerts", N_("알림"), "figures", "alerts"),
            Section("/switches", N_("긴급 스위치"), "watch"),
            Section("/mutes", N_("답을 쉬는 대화"), "watch", "mutes"),
        ),
    ),
    Group(
        N_("관리"),
        (
            Section("/people", N_("사람"), "people"),
            Section("/services", N_("공공서비스"), "view"),
            Section("/audit", N_("감사 기록"), "audit"),
            Section("/rights", N_("삭제·보관"), "watch"),
        ),
    ),
)

Counter = Callable[[LoggedIn], Awaitable[int]]
BADGES: web.AppKey[dict[str, Counter]] = web.AppKey("badges", dict[str, Counter])
"""Counts what waits for a person, by the names that sections use."""


@dataclass(frozen=True)
class Entry:
    """A section as one person sees it on one page."""

    path: str
    name: str
    here: bool
    count: int


@dataclass(frozen=True)
class Shelf:
    """A group as one person sees it on one page."""

    name: str
    here: bool
    entries: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """What waits in all of its sections."""
        return sum(entry.count for entry in self.entries)


def section_of(path: str) -> Section | None:
    """The section that a page belongs to: the one with the longest beginning of its path."""
    found = [
        (len(begin), section)
        for group in GROUPS
        for section in group.sections
        for begin in (section.path, *section.also)
        if path == begin or (begin != "/" and path.startswith(begin + "/"))
    ]
    return max(found, key=lambda each: each[0])[1] if found else None


async def frame(request: web.Request) -> dict[str, Any]:
    """What every page's frame needs: who looks at it, and the navigation as they may see it."""
    who = request.get(WHO)
    if who is None or BACKGROUND in request.headers:
        return {"who": who, "shelves": ()}
    here, built = section_of(request.path), {each.canonical for each in request.app.router.resources()}
    badges = request.app[BADGES]
    shelves = []
    for group in GROUPS:
        entries = []
        for section in group.sections:
            if section.path not in built or not may(who, section.permission):
                continue
            count = await badges[section.badge](who) if section.badge in badges else 0
            entries.append(Entry(section.path, section.name, section is here, count))
        if entries:
            shelves.append(Shelf(group.name, here in group.sections, tuple(entries)))
    return {"who": who, "shelves": tuple(shelves)}
