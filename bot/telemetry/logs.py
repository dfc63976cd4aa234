"""Log lines of all our processes: one JSON object a line, readable text on a terminal, no personal data.

What a citizen wrote or is known by can reach a log by three ways, and each is closed here, whoever logs: a
field (only those in `FIELDS` are written as they are), the text of an exception (its type and its place are
enough), and the wording of a library (without its arguments and quotations). What is left is masked.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

from bot.masking import mask
from bot.telemetry.foreign import is_ours, wording

FIELDS = frozenset({
    "action", "address_kind", "agency", "answer", "attempt", "at", "bot", "bytes", "channel",
    "conversation_id", "count", "error", "erasures", "event", "events", "exception", "expected", "fault",
    "files", "final", "folder", "host", "job", "kind", "level", "logger", "missing", "model", "name",
    "node", "number", "one", "other", "path", "port", "process", "reason", "release", "remedy", "report",
    "right", "row", "run", "seconds", "source", "stage", "state", "status", "subscription", "target",
    "timestamp", "tries", "turn", "wait", "week", "why",
})  # fmt: skip
"""Names of fields whose text is ours; of any other only numbers are written."""
_UNMASKED = frozenset({"timestamp", "level", "logger", "process", "at"})
_EVENT_INFO = "event_info"
"""Where Rasa puts a sentence about an event."""
_ROOT = Path(__file__).resolve().parents[2]

Event = MutableMapping[str, Any]
Failure = bool | BaseException | tuple[type[BaseException], BaseException, TracebackType] | None


def set_up_logging(process: str, level: str, stream: TextIO | None = None) -> None:
    """Send what structlog and the standard library log to `stream`, standard error unless one is given.

    Of libraries only warnings are written. `level` is DEBUG, INFO, WARNING or ERROR.
    """
    to = stream or sys.stderr
    numeric = getattr(logging, level)
    render: Any = (
        structlog.dev.ConsoleRenderer()
        if to.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )

    def name(_: Any, __: str, event: Event) -> Event:
        event["process"] = process
        return event

    common: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        name,
        _without_exceptions,
        _of_fields,
        _masked,
    ]
    structlog.configure(
        processors=[*common, render],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(file=to),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(to)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_record, *common],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    handler.addFilter(lambda record: record.levelno >= (numeric if is_ours(record.name) else logging.WARNING))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(min(numeric, logging.WARNING))


def _record(_: Any, __: str, event: Event) -> Event:
    """A line of the standard library: of others' only what is surely theirs."""
    record: logging.LogRecord = event["_record"]
    if not is_ours(record.name):
        event["event"] = wording(str(record.msg))
        event["at"] = f"{record.module}:{record.lineno}"
    event["logger"] = record.name
    if record.exc_info:
        event["exc_info"] = record.exc_info
    record.exc_info = record.exc_text = None
    return event


def _without_exceptions(_: Any, __: str, event: Event) -> Event:
    """Types and places of an exception and of those behind it; their texts may repeat what a citizen said."""
    given: Failure = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if given is True:
        given = sys.exc_info()[1]
    error = given[1] if isinstance(given, tuple) else given
    told: list[str] = []
    while isinstance(error, BaseException) and len(told) < 5:
        frames = traceback.extract_tb(error.__traceback__)[-8:]
        places = " < ".join(f"{_short(frame.filename)}:{frame.lineno}" for frame in reversed(frames))
        system = f" {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
        told.append(f"{type(error).__name__}{system} at {places or 'no place'}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if told:
        event["exception"] = " | because of ".join(told)
    return event


def _of_fields(_: Any, __: str, event: Event) -> Event:
    """Numbers in any field; texts in those whose texts are ours."""
    if _EVENT_INFO in event:
        event["event"] = f"{event['event']}: {wording(str(event.pop(_EVENT_INFO)))}"
    for key, value in list(event.items()):
        if key.startswith("_") or key in FIELDS or isinstance(value, (bool, float, type(None))):
            continue
        if not isinstance(value, int) or abs(value) >= 10**9:
            event[key] = f"({type(value).__name__})"
    return event


def _masked(_: Any, __: str, event: Event) -> Event:
    for key, value in event.items():
        if key.startswith("_") or key in _UNMASKED or isinstance(value, (bool, int, float, type(None))):
            continue
        event[key] = mask(value if isinstance(value, str) else str(value))[0]
    return event


def _short(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(_ROOT):
        path = path.relative_to(_ROOT)
    return re.sub(r"^.*/site-packages/", "", path.as_posix())
