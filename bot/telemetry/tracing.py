"""Traces: what one message of a citizen set going, in which process, and how long each part of it took.

OpenTelemetry (https://opentelemetry.io/docs/specs/otel/), sent by OTLP over HTTP to a collector of the
agency's. Off unless the settings name one. A span has a name of ours, the number of the turn and how it
ended: no words, no citizen's id, no text of an exception.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from opentelemetry.trace import (
    INVALID_SPAN,
    NoOpTracer,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_FAREWELL = 2.0
"""Seconds in which the last spans are sent."""


class Tracing:
    """Makes spans; `provider` sends them, without one they cost next to nothing and go nowhere."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        self._provider = provider
        self._tracer: Tracer = provider.get_tracer("sotong") if provider else NoOpTracer()
        self._passing = TraceContextTextMapPropagator()

    @property
    def on(self) -> bool:
        """Whether anybody is told."""
        return self._provider is not None

    @contextmanager
    def span(
        self, name: str, kind: SpanKind = SpanKind.INTERNAL, heard: Mapping[str, str] | None = None
    ) -> Iterator[Span]:
        """Around a piece of work; it belongs to the caller whose headers were `heard`, else to the span
        around it. An exception ends it as an error, by its type alone.
        """
        if self._provider is None:
            yield INVALID_SPAN
            return
        context = self._passing.extract(heard) if heard is not None else None
        with self._tracer.start_as_current_span(
            name, context, kind, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_status(StatusCode.ERROR, type(error).__name__)
                raise

    def begin(self, name: str, headers: dict[str, str]) -> Span:
        """A call of another process, which hears in its `headers` what it belongs to; `end` it."""
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT)
        self._passing.inject(headers, set_span_in_context(span))
        return span

    def close(self) -> None:
        """Send what has not been sent; a collector that does not answer holds nobody up."""
        if self._provider is not None:
            sending = threading.Thread(target=self._provider.shutdown, daemon=True)
            sending.start()
            sending.join(_FAREWELL)


def open_tracing(address: str, process: str, share: float = 1.0) -> Tracing:
    """Traces of a process (gateway, rasa or actions) for the collector at `address`; empty = none.

    `share` of the turns is traced; whoever is called follows the caller.
    """
    if not address:
        return Tracing()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - only where it is on
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource({SERVICE_NAME: f"sotong-{process}"}),
        sampler=ParentBased(TraceIdRatioBased(share)),
    )
    exporter = OTLPSpanExporter(endpoint=f"{address.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Tracing(provider)
