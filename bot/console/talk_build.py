"""The page of a conversation: what belongs to the person who has it, and the notes of colleagues."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.console.conversations import ConversationPages
from bot.console.guard import BACKGROUND, WHO
from bot.console.labels import Calendar
from bot.console.mentions import MentionPages
from bot.console.sections import BADGES
from bot.console.talk_acts import LONGEST_REPLY, SNOOZES, Takeover, TalkActs
from bot.console.talk_parts import PARTS
from bot.feed import Feed
from bot.handoff.build import desk_rules
from bot.handoff.notes import LONGEST_NOTE, Note, Notes
from bot.log.queries import Transcripts
from bot.log.records import ConversationView, Entry
from bot.settings import Settings
from bot.staff.build import Staff
from bot.staff.roles import may
from bot.staff.sessions import LoggedIn


def add_talk(
    app: web.Application,
    transcripts: Transcripts,
    gateway: Takeover,
    engine: AsyncEngine,
    settings: Settings,
    staff: Staff,
    feed: Feed,
    departments: Callable[[], Mapping[str, str]],
    calendar: Calendar,
    clock: Callable[[], datetime],
) -> None:
    """Put the pages in."""
    notes, rules = Notes(engine, clock), desk_rules(settings)
    pages = ConversationPages(transcripts, staff.audit, staff.accounts.names, clock)
    acts = TalkActs(
        transcripts,
        gateway,
        notes,
        staff.accounts,
        staff.audit,
        feed,
        rules,
        departments,
        calendar,
        clock,
    )
    app.add_routes([*pages.routes(), *acts.routes(), *MentionPages(notes, clock).routes()])

    async def desk(
        request: web.Request, conversation: ConversationView, lines: Sequence[Entry]
    ) -> dict[str, Any]:
        who = request[WHO]
        if BACKGROUND not in request.headers:
            await notes.see(who.operator_id, conversation.id)
        colleagues = [
            each
            for each in await staff.accounts.all()
            if each.active and each.id != who.operator_id and may(each, "watch")
        ]
        return {
            "desk_longest": LONGEST_REPLY,
            "desk_longest_note": LONGEST_NOTE,
            "desk_snoozes": SNOOZES,
            "desk_categories": rules().categories,
            "desk_departments": departments(),
            "desk_colleagues": colleagues,
            "desk_talkers": [each for each in colleagues if may(each, "talk")],
            "desk_notes": beside(await notes.of(conversation.id), lines, conversation.last_seq),
        }

    async def called(who: LoggedIn) -> int:
        return await notes.unseen(who.operator_id)

    app[PARTS].append(desk)
    app[BADGES]["mentions"] = called


def beside(notes: Sequence[Note], lines: Sequence[Entry], last_seq: int) -> dict[int, list[Note]]:
    """The notes that stand among some lines: by the line that they follow, 0 = ahead of the first of all.

    `last_seq` is the last line of the conversation; notes beside other pages are left out.
    """
    first, last = (lines[0].seq, lines[-1].seq) if lines else (0, last_seq)
    places: dict[int, list[Note]] = {}
    for note in notes:
        if (first > 1 and note.after_seq < first) or (last < last_seq and note.after_seq > last):
            continue
        before = [line.seq for line in lines if line.seq <= note.after_seq]
        places.setdefault(before[-1] if before else 0, []).append(note)
    return places
