"""Tables of `bot.catalogue`; the migrations create them."""

from __future__ import annotations
