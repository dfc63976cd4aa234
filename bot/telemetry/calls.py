"""What is measured of our own calls of others: Rasa, the city's API, the platforms."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from types import SimpleNamespace

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Histogram
from yarl import URL

from bot.telemetry.passing import sent
from bot.telemetry.registry import PATIENT
from bot.telemetry.tracing import Tracing

_OTHER = "other"


class CallWatch:
    """Counts the calls of `aiohttp` sessions; `peers` are those told apart: name → base address.

    Those in `ours` are told which turn a call is for.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        peers: Mapping[str, str],
        tracing: Tracing,
        ours: Collection[str] = (),
    ) -> None:
        self._peers: dict[tuple[str | None, int | None], str] = {}
        for name, address in peers.items():
            if address:
                self._peers.setdefault(_place(URL(address)), name)
        self._tracing = tracing
        self._ours = frozenset(ours)
        self._calls = Counter(
            "sotong_calls",
            "Calls of others by what came back: a status, timeout or unreachable",
            ["peer", "result"],
            registry=registry,
        )
        self._seconds = Histogram(
            "sotong_call_seconds",
            "Until another answered",
            ["peer"],
            registry=registry,
            buckets=PATIENT,
        )

    def config(self) -> aiohttp.TraceConfig:
        """For `trace_configs` of a session."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._start)
        config.on_request_end.append(self._end)
        config.on_request_exception.append(self._broken)
        return config

    async def _start(
        self, _: aiohttp.ClientSession, call: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        call.peer, call.began = self._peers.get(_place(params.url), _OTHER), time.perf_counter()
        call.span = None
        headers = sent() if call.peer in self._ours else {}
        if self._tracing.on:
            passed = headers if call.peer in self._ours else {}
            call.span = self._tracing.begin(f"call {call.peer}", passed)
        params.headers.update(headers)

    async def _end(
        self, _: aiohttp.ClientSession, call: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        self._over(call, str(params.response.status))

    async def _broken(
        self, _: aiohttp.ClientSession, call: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        late = isinstance(params.exception, asyncio.TimeoutError)  # Rasa has Python 3.10
        self._over(call, "timeout" if late else "unreachable")

    def _over(self, call: SimpleNamespace, result: str) -> None:
        self._calls.labels(call.peer, result).inc()
        self._seconds.labels(call.peer).observe(time.perf_counter() - call.began)
        if call.span is not None:
            call.span.set_attribute("sotong.result", result)
            call.span.end()


def _place(url: URL) -> tuple[str | None, int | None]:
    return url.host, url.port
