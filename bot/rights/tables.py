"""Tables of `bot.rights`; the migrations create them."""

from __future__ import annotations
