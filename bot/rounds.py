"""Goes over conversations: one at a time in each, many at once.

Beside other gateways only those are gone over that this one has taken (`bot.fleet`).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog

from bot.bodies import Bodies, Body
from bot.fleet.ownership import Ownership
from bot.messages import Inbound

_AGAIN_AFTER = 5.0
"""Seconds until a conversation in which something broke is gone over again."""
_AT_ONCE = 5
"""Times in a row that it is gone over without a pause because something is left to do."""
_ASK_AGAIN = 0.05
"""Seconds until a conversation that another gateway has is asked for again, while a response here waits."""

log = structlog.get_logger(__name__)


class Rounds(ABC):
    """Who works conversations off says how (`_work_off`)."""

    def __init__(self, ownership: Ownership, bodies: Bodies) -> None:
        self._ownership = ownership
        self._bodies = bodies
        self._running: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._awaited: dict[int, Body] = {}
        """By conversation: the response here that its next reply is for."""
        self._closing = False

    def wake(self, conversation_id: int, inbound: Inbound | None = None) -> None:
        """See to a conversation, now or as soon as its present turn is over; `inbound` has just come."""
        if self._closing:
            return
        if inbound is not None and (body := self._bodies.of(inbound)):
            self._awaited[conversation_id] = body
        if conversation_id in self._running:
            self._again.add(conversation_id)
            return
        task = asyncio.create_task(self._drain(conversation_id), name=f"turns-{conversation_id}")
        self._running[conversation_id] = task

    async def close(self, within: float = 10.0) -> None:
        """Begin no more, and let running turns end within some seconds.

        What is left, or cut off, another gateway goes on with, or the next run of the program.
        """
        self._closing = True
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until nothing is being worked on."""
        while self._running:
            await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def _drain(self, conversation_id: int) -> None:
        passes = 0
        try:
            while True:
                self._again.discard(conversation_id)
                if not await self._taken(conversation_id):
                    if conversation_id in self._again:  # written down after the other gateway's last look
                        continue
                    return
                try:
                    wait = await self._work_off(conversation_id)
                finally:
                    more = await self._ownership.leave(conversation_id)
                if wait or (more and (passes := passes + 1) > _AT_ONCE):
                    asyncio.get_running_loop().call_later(wait or _AGAIN_AFTER, self.wake, conversation_id)
                    return
                if self._closing or not (more or conversation_id in self._again):
                    return
        except Exception:
            # The turn stays unfinished in the log and is resumed; other conversations go on.
            log.exception("turn_interrupted", conversation_id=conversation_id)
            asyncio.get_running_loop().call_later(_AGAIN_AFTER, self.wake, conversation_id)
        finally:
            del self._running[conversation_id]
            self._awaited.pop(conversation_id, None)

    async def _taken(self, conversation_id: int) -> bool:
        """Whether the conversation is ours; while a response here waits for it, it is asked for again."""
        while not await self._ownership.take(conversation_id):
            body = self._awaited.get(conversation_id)
            if body is None or not body.open:
                return False
            await asyncio.sleep(_ASK_AGAIN)
        return True

    @abstractmethod
    async def _work_off(self, conversation_id: int) -> float:
        """Do all there is to do; the seconds after which to look again, if it is not for us now, else 0."""
