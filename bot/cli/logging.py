"""Log lines of our processes: one JSON object a line, no personal data."""

from __future__ import annotations

import logging

import structlog


def set_up_logging(level: str) -> None:
    """Send structlog and the standard library's logging to standard error."""
    numeric = logging.getLevelNamesMapping()[level]
    logging.basicConfig(level=max(numeric, logging.WARNING), format="%(asctime)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.WriteLoggerFactory(),
        cache_logger_on_first_use=True,
    )
