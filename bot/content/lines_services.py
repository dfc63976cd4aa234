"""Sentences of `data/persona.yml` about services."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.lines import Line

LINES: Mapping[str, Line] = {}
