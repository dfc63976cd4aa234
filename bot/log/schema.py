"""Every table there is: whoever looks at the whole schema imports `Base` from here."""

from __future__ import annotations

# Importing a module of tables is what adds them.
import bot.agencies.tables
import bot.catalogue.tables
import bot.proactive.tables
import bot.rights.tables
import bot.voices.tables  # noqa: F401
from bot.log.tables import Base

__all__ = ["Base"]
