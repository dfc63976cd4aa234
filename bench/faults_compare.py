"""What citizens wrote, what the log says, and what the messengers showed, put side by side."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import aiohttp
from faults_citizens import Citizens, Said, number_in
from sqlalchemy import select
from stack_with_platforms import Stack

from bot.channel import BodyChannel, Channel, Delivery
from bot.feed import Feed
from bot.fit import fit
from bot.log.engine import open_engine, reading
from bot.log.tables import Conversation, Message
from bot.messages import REST, Inbound, Outbound, utc_now
from connectors.build import build_channels
from demo.platforms.platform import Platform, Shown

_FULL_FOR = 6.0
"""Seconds after which a message that came on a full disk has been answered."""

Account = tuple[str, str]
"""Platform and the citizen's id on it."""


@dataclass
class Findings:
    """What is not as promised; `notes` tells of each."""

    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    uncertain: int = 0
    apologised: int = 0
    """Turns that ended with an apology instead of an answer."""
    apologised_unwritten: int = 0
    """Messages that were answered with an apology as they could not be written down."""
    rows: int = 0
    """Lines of the log."""
    shown: int = 0
    answered: dict[int, float] = field(default_factory=dict)
    """When each message, by number, was first answered on the citizen's screen (monotonic clock)."""
    notes: list[str] = field(default_factory=list)

    def lose(self, note: str, count: int = 1) -> None:
        """Something was not answered, or its answer not shown."""
        self.lost += count
        self.notes.append(f"lost: {note}")

    def double(self, note: str, count: int = 1) -> None:
        """Something was taken or shown more than once."""
        self.duplicated += count
        self.notes.append(f"duplicated: {note}")


@dataclass(frozen=True)
class _Row:
    """An outgoing line of the log and what citizens see of it."""

    message: Message
    seen: tuple[str, ...]


async def compare(stack: Stack, citizens: Citizens, full: Sequence[tuple[float, float]]) -> Findings:
    """Everything that was written, said and shown; `full` is when the disk was (from, to)."""
    found = Findings()
    incoming, outgoing, users = await _log(stack)
    accounts = {said.number: (said.platform, said.user_id) for said in citizens.said}
    by_number: defaultdict[int, list[Message]] = defaultdict(list)
    whose: dict[int, Account] = {}
    for message in incoming:
        said = Inbound.model_validate(message.content)
        if said.payload == REST:
            continue
        number = number_in(said.text)
        if number is None or number not in accounts:
            found.notes.append(f"nobody wrote message {message.id}")
            continue
        by_number[number].append(message)
        whose[message.conversation_id] = accounts[number]
    unwritten, unsure = _taken(citizens.said, by_number, full, found)
    _answered(incoming, outgoing, found)
    expected: defaultdict[Account, list[_Row]] = defaultdict(list)
    async with _Mirror(stack) as mirror:
        for message in outgoing:
            seen = await mirror.seen(message, users[message.conversation_id])
            expected[whose[message.conversation_id]].append(_Row(message, seen))
    screens: defaultdict[Account, list[Shown]] = defaultdict(list)
    for name, platform in stack.platforms.items():
        for one in platform.shown:
            screens[name, one.user_id].append(one)
    numbers = {turn.id: number_in(turn.content["text"]) for turn in incoming}
    for account in expected.keys() | screens.keys():
        extra = (unwritten[account], unwritten[account] + unsure[account])
        shown = [_seen(one) for one in screens[account]]
        _shown(account, expected[account], shown, extra, found)
        for turn_id, at in _moments(expected[account], screens[account]).items():
            if number := numbers.get(turn_id):
                found.answered[number] = at
    found.rows = len(incoming) + len(outgoing)
    found.shown = sum(map(len, screens.values()))
    return found


async def unfinished(stack: Stack) -> tuple[int, list[Account]]:
    """Turns and deliveries that are under way, and conversations in which something waits that only the
    citizen's next message can fetch.
    """
    engine = open_engine(stack.settings.database)
    at_rest = {"kakao"}
    try:
        async with reading(engine) as session:
            turns = await session.scalars(select(Message.id).where(Message.turn_state == "open"))
            under_way = await session.execute(
                select(Message.channel, Conversation.user_id)
                .join(Conversation, Conversation.id == Message.conversation_id)
                .where(Message.delivery.in_(["pending", "sending"]))
            )
            rows = [(channel, user_id) for channel, user_id in under_way]
            return len(list(turns)) + sum(channel not in at_rest for channel, _ in rows), [
                (channel, user_id) for channel, user_id in dict.fromkeys(rows) if channel in at_rest
            ]
    finally:
        await engine.dispose()


async def _log(stack: Stack) -> tuple[list[Message], list[Message], dict[int, str]]:
    """What came in, what went out, and the user ids of conversations."""
    engine = open_engine(stack.settings.database)
    try:
        async with reading(engine) as session:
            query = select(Message).order_by(Message.conversation_id, Message.seq)
            lines = list(await session.scalars(query))
            users = {row.id: row.user_id for row in await session.scalars(select(Conversation))}
    finally:
        await engine.dispose()
    incoming = [message for message in lines if message.direction == "in"]
    return incoming, [message for message in lines if message.direction == "out"], users


def _taken(
    said: Sequence[Said],
    rows: dict[int, list[Message]],
    full: Sequence[tuple[float, float]],
    found: Findings,
) -> tuple[Counter[Account], Counter[Account]]:
    """Every message that a platform got a 200 for is in the log, once; else it came while the disk was full,
    to a platform that was given an apology to show: how many of these by account, and how many whose response
    may have said "not yet" while that could not be written down.
    """
    unwritten: Counter[Account] = Counter()
    unsure: Counter[Account] = Counter()
    for one in said:
        written = len(rows.get(one.number, ()))
        if written > 1:
            found.double(f"{one} is in the log {written} times", written - 1)
        in_body = one.platform in ("kakao", "naver")
        on_full_disk = in_body and any(since - _FULL_FOR < one.at < until for since, until in full)
        if on_full_disk and one.taken:
            (unsure if written else unwritten)[one.platform, one.user_id] += 1
        elif one.taken and not written:
            found.lose(f"{one} was taken and is not in the log")
    found.apologised_unwritten = unwritten.total()
    return unwritten, unsure


def _answered(incoming: Sequence[Message], outgoing: Sequence[Message], found: Findings) -> None:
    """Every turn is done, has said something, once, and about the right message."""
    replies: defaultdict[int | None, list[Message]] = defaultdict(list)
    for message in outgoing:
        replies[message.turn_id].append(message)
    for turn in incoming:
        found.apologised += turn.outcome == "error_bot"
        said, number = replies[turn.id], number_in(turn.content["text"])
        fetched = turn.content["payload"] == REST  # brings what was said before
        if turn.turn_state != "done" or not (said or fetched):
            found.lose(f"message {turn.id} ({turn.turn_state}, {turn.outcome}) was not answered")
        if len({message.at for message in said}) > 1:
            found.double(f"message {turn.id} was answered at several times")
        about = {number_in(Outbound.model_validate(message.content).plain()) for message in said} - {None}
        if about - {number}:
            found.lose(f"message {turn.id} about {number} was answered about {about}")


def _shown(
    account: Account,
    expected: Sequence[_Row],
    shown: Sequence[str],
    more: tuple[int, int],
    found: Findings,
) -> None:
    """A delivered line was shown once, an uncertain one at most once, and nothing else was, in order.

    `more`: least and most messages beside, about which the log could not be told.
    """
    sure: Counter[str] = Counter()
    unsure: Counter[str] = Counter()
    for row in expected:
        state = row.message.delivery
        if state == "delivered":
            sure.update(row.seen)
        elif state == "uncertain":
            unsure.update(row.seen)
            found.uncertain += 1
        elif row.message.turn_id is not None or state != "failed":  # a notice may have lost its sense
            found.lose(f"{account}: line {row.message.id} is {state} ({row.message.error})")
    there = Counter(shown)
    for text, count in (sure - there).items():
        found.lose(f"{account}: delivered but not shown: {text[:60]!r}", count)
    extra = there - sure - unsure
    least, most = more
    if extra.total() < least:
        found.lose(f"{account}: no word about what could not be written down", least - extra.total())
    elif extra.total() > most:
        texts = [text[:60] for text in extra]
        found.double(f"{account}: shown too often: {texts}", extra.total() - most)
    in_order = [text for row in expected if row.message.turn_id is not None for text in row.seen]
    common = (Counter(in_order) & there).total()
    wrong = common - _longest_common(in_order, shown)
    if wrong:
        found.reordered += wrong
        found.notes.append(f"reordered: {account}")


def _moments(expected: Sequence[_Row], screen: Sequence[Shown]) -> dict[int, float]:
    """When the first of the lines that answer a turn was seen, by the turn; the same words in order."""
    seen: defaultdict[str, deque[float]] = defaultdict(deque)
    for one in screen:
        seen[_seen(one)].append(one.at)
    found: dict[int, float] = {}
    for row in expected:
        for text in row.seen:
            if seen[text] and row.message.turn_id is not None:
                found.setdefault(row.message.turn_id, seen[text].popleft())
    return found


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest sequence that is in both in this order."""
    row = [0] * (len(other) + 1)
    for item in one:
        above = row
        row = [0]
        for place, candidate in enumerate(other):
            row.append(above[place] + 1 if item == candidate else max(row[-1], above[place + 1]))
    return row[-1]


class _Mirror:
    """The same messengers once more, to which a line of the log is sent alone: what it looks like there."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._open = AsyncExitStack()
        self._platforms: dict[str, Platform] = {}
        self._channels: dict[str, Channel] = {}

    async def __aenter__(self) -> _Mirror:
        places: dict[str, str] = {}
        for name, platform in self._stack.platforms.items():
            mirror = self._platforms[name] = type(platform)("http://127.0.0.1:1", platform.credentials)
            await mirror.start()
            self._open.push_async_callback(mirror.stop)
            places |= mirror.settings
        session = await self._open.enter_async_context(aiohttp.ClientSession())
        settings = self._stack.settings.model_copy(update=places)
        self._channels = build_channels(settings, session, Feed(), "mirror")
        for channel in self._channels.values():
            self._open.push_async_callback(channel.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._open.aclose()

    async def seen(self, message: Message, user_id: str) -> tuple[str, ...]:
        """What is shown of an outgoing line."""
        channel, platform = self._channels[message.channel], self._platforms[message.channel]
        before = len(platform.shown)
        said = Outbound.model_validate(message.content)
        wires = [wire for part in fit(said, channel.capabilities) for wire in channel.render(part)]
        size = channel.capabilities.batch
        for together in (wires[start : start + size] for start in range(0, len(wires), size)):
            if isinstance(channel, BodyChannel):
                asked = platform.message(user_id, "?", platform.new_id())
                platform.answered(asked, 200, channel.body(together).body)
            else:
                await channel.send(Delivery(user_id, str(uuid.uuid4()), heard_at=utc_now()), together)
        return tuple(_seen(one) for one in platform.shown[before:])


def _seen(shown: Shown) -> str:
    return shown.text or " · ".join(choice.label for choice in shown.choices)
