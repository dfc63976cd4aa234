"""What a visitor sees: the history when they come, then everything new, in order, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from bot.messages import utc_now
from connectors.webchat.channel import WebChat
from connectors.webchat.frames import Frame, ready
from connectors.webchat.ports import Conversation, Entry, Event, Feed, Log, topic

PAGE = 50
"""Lines a fresh page gets, and each further page of older ones."""
LOOK_AGAIN = 15.0
"""Seconds after which the log is read although the feed was silent: the feed may lose an event."""

_TYPES = {"bot": "bot.message", "operator": "agent.message", "system": "notice"}
_STATES = {"waiting": "agent.waiting", "operator": "agent.joined"}


class Visits:
    """Reads conversations for the pages that show them."""

    def __init__(self, log: Log, feed: Feed, channel: WebChat, look_again: float = LOOK_AGAIN) -> None:
        self._log = log
        self._feed = feed
        self._channel = channel
        self._look_again = look_again

    async def follow(
        self, user_id: str, after: int | None, new_token: str | None = None
    ) -> AsyncGenerator[list[Frame]]:
        """Frames for one open page, for ever: first `session.ready` with what the page has missed.

        `after` is the `seq` of the last line the page has, None for a fresh page. An empty list comes
        after `LOOK_AGAIN` quiet seconds.
        """
        visit = _Visit(user_id, self._log, self._channel)
        async with self._feed.subscribe(topic(user_id)) as events:
            yield await visit.open(after, new_token)
            async with aclosing(_with_pauses(events, self._look_again)) as paced:
                async for event in paced:
                    if event is not None and event.get("kind") == "typing":
                        yield [{"v": 1, "type": "bot.typing", "on": bool(event.get("on"))}]
                    elif (frames := await visit.news(event)) or event is None:
                        yield frames

    async def earlier(self, user_id: str, before: int) -> tuple[list[Frame], bool]:
        """The page of lines above `before`, and whether there are still older ones."""
        conversation = await self._log.find(self._channel.name, user_id)
        if conversation is None:
            return [], False
        lines = await self._log.history(conversation.id, before=before, limit=PAGE)
        return _frames(self._channel, lines), bool(lines) and lines[0].seq > 1


class _Visit:
    """How far one page has read."""

    def __init__(self, user_id: str, log: Log, channel: WebChat) -> None:
        self._user_id = user_id
        self._log = log
        self._channel = channel
        self._cursor = 0
        self._conversation: int | None = None
        """The conversation that the cursor counts in: after an erasure it is another one."""
        self._state = "bot"
        self._erased = False
        """The page was cleared, and shows nothing that will stay."""
        self._parted = False
        """It shows the confirmation of that."""

    async def open(self, after: int | None, new_token: str | None) -> list[Frame]:
        """`session.ready` and what the page lacks."""
        conversation = await self._log.find(self._channel.name, self._user_id)
        last = conversation.last_seq if conversation else 0
        self._state = conversation.state if conversation else "bot"
        self._cursor = max(0, last - PAGE) if after is None else after
        gone, lines = await self._read(conversation)
        frames = []
        if gone and after is not None:
            self._cursor = max(0, last - PAGE)
            frames.append(_reset())
            _, lines = await self._read(conversation)
        earlier = self._cursor > 0
        self._advance(lines)
        return [ready(last, self._state, earlier, new_token), *frames, *_frames(self._channel, lines)]

    async def news(self, event: Event | None) -> list[Frame]:
        """What the log has that the page has not."""
        conversation = await self._log.find(self._channel.name, self._user_id)
        gone, lines = await self._read(conversation)
        shown = _frames(self._channel, lines)
        frames: list[Frame] = []
        if gone and not self._erased:
            # The conversation was erased. What is left of it (the confirmation) will go too, and its
            # numbers will be given again: it is shown without one.
            frames.append(_reset())
            shown = [{key: frame[key] for key in frame if key != "seq"} for frame in shown]
            self._erased, self._parted = True, bool(shown)
        elif lines:
            self._erased = False
        if self._erased and not self._parted and event is not None and "message" in event:
            shown, self._parted = [_passing(event)], True
        self._cursor = 0 if gone else self._cursor
        self._advance(lines)
        state = conversation.state if conversation else "bot"
        if state != self._state:
            kind = _STATES.get(state) or ("agent.left" if self._state in _STATES else None)
            frames += [{"v": 1, "type": kind}] if kind else []
            self._state = state
        return frames + shown

    async def _read(self, conversation: Conversation | None) -> tuple[bool, list[Entry]]:
        """Whether the line at the cursor is gone, and the lines after it."""
        cursor = self._cursor
        if conversation is None:
            return cursor > 0, []
        known, self._conversation = self._conversation, conversation.id
        if known is not None and known != conversation.id and cursor > 0:
            return True, list(await self._log.history(conversation.id, limit=200))
        lines: list[Entry] = []
        after = max(0, cursor - 1)
        while page := await self._log.history(conversation.id, after=after, limit=200):
            lines += page
            after = page[-1].seq
        if cursor == 0:
            return False, lines
        if lines and lines[0].seq == cursor:
            return False, lines[1:]
        everything = await self._log.history(conversation.id, limit=200)
        return True, list(everything)

    def _advance(self, lines: Sequence[Entry]) -> None:
        if lines:
            self._cursor = lines[-1].seq


def _frames(channel: WebChat, lines: Sequence[Entry]) -> list[Frame]:
    """Lines as frames; a line without content is not shown."""
    return [frame for line in lines if (frame := _frame(channel, line))]


def _frame(channel: WebChat, line: Entry) -> Frame | None:
    kind = _TYPES.get(line.author)
    head = {"v": 1, "seq": line.seq, "at": line.at.isoformat()}
    if kind is None:
        client_id = (line.platform_id or "").rpartition(":")[2] or f"m-{line.seq}"
        return {**head, "type": "user.message", "id": client_id, "text": line.text} if line.text else None
    if line.message is not None:
        rendered = channel.render(line.message)
        parts = rendered[0]["parts"] if rendered else []
    else:
        parts = [{"kind": "text", "text": line.text}] if line.text else []
    return {**head, "type": kind, "id": f"m-{line.seq}", "parts": parts} if parts else None


def _passing(event: Event) -> Frame:
    """A last word that the log no longer has."""
    at = utc_now().isoformat()
    return {"v": 1, "type": "bot.message", "id": event["id"], "at": at, "parts": event["message"]["parts"]}


def _reset() -> Frame:
    """What the page shows is gone: it clears itself."""
    return {"v": 1, "type": "session.reset"}


async def _with_pauses(events: AsyncIterator[Event], seconds: float) -> AsyncGenerator[Event | None]:
    """The events, and None after every `seconds` without one."""

    async def next_event() -> Event:
        return await anext(events)

    waiting = asyncio.create_task(next_event())
    try:
        while True:
            done, _ = await asyncio.wait({waiting}, timeout=seconds)
            if not done:
                yield None
                continue
            event = waiting.result()
            waiting = asyncio.create_task(next_event())
            yield event
    finally:
        waiting.cancel()
