"""Tables of `bot.voices`; the migrations create them."""

from __future__ import annotations
