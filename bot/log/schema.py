"""Every table there is: whoever looks at the whole schema imports `Base` from here."""

from __future__ import annotations

# Importing a module of tables is what adds them.
import bot.agencies.tables
import bot.alerts.tables
import bot.approval.tables
import bot.board.tables
import bot.canned.tables
import bot.catalogue.tables
import bot.contacts.tables
import bot.figures.tables
import bot.fleet.tables
import bot.handoff.tables
import bot.history.tables
import bot.loop.tables
import bot.mutes.tables
import bot.openness.tables
import bot.proactive.tables
import bot.ratings.tables
import bot.releases.tables
import bot.rights.tables
import bot.staff.tables
import bot.studio.tables
import bot.switches.tables
import bot.voices.tables  # noqa: F401
from bot.log.tables import Base

__all__ = ["Base"]
