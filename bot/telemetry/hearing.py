"""Requests to a Sanic application (Rasa, the action server): which turn they are for, how long they take.

Sanic 21 (Rasa's) and 25 alike run middleware and handler of a request in one task.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from opentelemetry.trace import SpanKind

from bot.telemetry.passing import bound, heard
from bot.telemetry.tracing import Tracing

Told = Callable[[Any, Any, float], None]
"""Gets a request, its answer, and the seconds that it took."""


def hear(app: Any, path: str, name: str, tracing: Tracing, told: Told) -> None:
    """Let the logs of what is done for a request to `path` name its turn, and trace it as a span `name`."""

    async def begin(request: Any) -> None:
        if request.path != path:
            return
        around = ExitStack()
        turn = heard(request.headers)
        around.enter_context(bound(turn))
        span = around.enter_context(tracing.span(name, SpanKind.SERVER, request.headers))
        if turn is not None:
            span.set_attribute("sotong.turn", int(turn))
        request.ctx.heard = (around, time.perf_counter())

    async def end(request: Any, response: Any) -> None:
        if not hasattr(request.ctx, "heard"):
            return
        around, began = request.ctx.heard
        del request.ctx.heard
        around.close()
        told(request, response, time.perf_counter() - began)

    app.register_middleware(begin, "request")
    app.register_middleware(end, "response")
