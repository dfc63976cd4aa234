"""Tables of `bot.agencies`; the migrations create them."""

from __future__ import annotations
