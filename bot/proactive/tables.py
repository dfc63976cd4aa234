"""Tables of `bot.proactive`; the migrations create them."""

from __future__ import annotations
