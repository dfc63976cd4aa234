"""A scripted Rasa that notices when a conversation is asked for twice at once, and holds answers back."""

from __future__ import annotations

import asyncio
from collections import Counter

from aiohttp import web

from tests.scripted_rasa import ScriptedRasa


class CountingRasa(ScriptedRasa):
    """Notes messages of one conversation that it was asked at the same time, and holds its answers back."""

    def __init__(self) -> None:
        super().__init__(0)
        self.at_once: Counter[str] = Counter()
        self.overlapping: list[str] = []
        self.gate = asyncio.Event()
        """Answers wait for it; it is set unless a test clears it."""
        self.gate.set()
        self.held = asyncio.Event()
        """Somebody has waited."""

    async def _webhook(self, request: web.Request) -> web.Response:
        who = (await request.json())["sender"]
        self.at_once[who] += 1
        if self.at_once[who] > 1:
            self.overlapping.append(who)
        try:
            if not self.gate.is_set():
                self.held.set()
                await self.gate.wait()
            return await super()._webhook(request)
        finally:
            self.at_once[who] -= 1

    def hold(self) -> None:
        """From now on nobody is answered until the gate is set."""
        self.held.clear()
        self.gate.clear()
