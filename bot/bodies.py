"""Responses that carry replies: some platforms want the answer in the response to their own request.

A turn finds the response of its message here while that is still open. Once the time is up it is closed,
and the same reply takes the platform's other way to the citizen, or waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from bot.channel import DeliveryError
from bot.messages import Inbound

Wires = Sequence[dict[str, Any]]


class Body:
    """One response, from the request until it is written."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._wires: asyncio.Future[Wires] = loop.create_future()
        self._written: asyncio.Future[None] = loop.create_future()

    @property
    def open(self) -> bool:
        """Whether it still takes a reply."""
        return not self._wires.done()

    async def give(self, wires: Wires) -> None:
        """Put rendered messages into the response; returns when it is written.

        Raises `DeliveryError`: ambiguous when the connection broke meanwhile.
        """
        self._wires.set_result(wires)
        await self._written

    def finish(self) -> None:
        """Nothing (more) is to be said."""
        if self.open:
            self._wires.set_result(())

    async def wires(self, within: float) -> Wires | None:
        """What the response is to carry; None, and it is closed, when that is not known in time (seconds)."""
        await asyncio.wait([self._wires], timeout=max(0.0, within))
        if self._wires.done():
            return self._wires.result()
        self.close()
        return None

    def close(self) -> None:
        """It takes no reply any more."""
        self._wires.cancel()

    def written(self, error: BaseException | None = None) -> None:
        """The response is out, or the connection broke."""
        if self._written.done():
            return
        if error is None:
            self._written.set_result(None)
        else:
            self._written.set_exception(DeliveryError(type(error).__name__, ambiguous=True))
            self._written.exception()  # nobody may be waiting for it


class Bodies:
    """The open responses of this process, by the message whose request they answer."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], Body] = {}

    @contextmanager
    def opened(self, inbound: Inbound) -> Iterator[Body]:
        """A body for a message, for as long as its request lasts."""
        name = (inbound.channel, inbound.message_id)
        body = self._open[name] = Body()
        try:
            yield body
        finally:
            body.close()
            body.written(ConnectionError())
            if self._open.get(name) is body:
                del self._open[name]

    def of(self, inbound: Inbound) -> Body | None:
        """The response to a message's request, while it is there."""
        return self._open.get((inbound.channel, inbound.message_id))
