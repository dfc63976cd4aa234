"""Numbers of a process, as Prometheus reads them."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families


class Numbers:
    """Samples of one look."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        """The sum over all samples that have these labels; KeyError when there is none."""
        found = [
            value
            for (sample, has), value in self.samples.items()
            if sample == name and frozenset(labels.items()) <= has
        ]
        if not found:
            raise KeyError(name, labels)
        return sum(found)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}


@asynccontextmanager
async def listening(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """Address of an application that is served."""
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def numbers(url: str) -> Numbers:
    """What `/metrics` tells now."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as answer:
        assert answer.status == 200
        return Numbers(await answer.text())


async def status(url: str) -> tuple[int, dict[str, object]]:
    """Status and body of an address."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


class Collector:
    """An OpenTelemetry collector that keeps what it is sent (OTLP over HTTP, protobuf)."""

    def __init__(self) -> None:
        self.url = ""
        self.spans: list[Span] = []
        self.text = ""
        """All that was sent, as text."""

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        sent = ExportTraceServiceRequest.FromString(body)
        self.spans += [
            span for place in sent.resource_spans for scope in place.scope_spans for span in scope.spans
        ]
        self.text += MessageToJson(sent, ensure_ascii=False)
        return web.Response()


@asynccontextmanager
async def collecting(port: int = 0) -> AsyncIterator[Collector]:
    """While it listens."""
    collector, app = Collector(), web.Application(client_max_size=2**26)
    app.router.add_post("/v1/traces", collector.take)
    async with listening(app, port) as collector.url:
        yield collector
