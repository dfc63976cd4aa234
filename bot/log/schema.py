"""Every table there is: whoever looks at the whole schema imports `Base` from here."""

from __future__ import annotations

# Importing a module of tables is what adds them.
import bot.agencies.tables
import bot.catalogue.tables
import bot.loop.tables
import bot.proactive.tables
import bot.releases.tables
import bot.rights.tables
import bot.staff.tables
import bot.studio.tables
import bot.voices.tables  # noqa: F401
from bot.log.tables import Base

__all__ = ["Base"]
