"""What is active, made live before a program starts to serve."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.log.engine import open_engine
from bot.releases.activating import Unusable, bring_live
from bot.settings import Settings

log = structlog.get_logger(__name__)


async def start_live(settings: Settings) -> None:
    """Serve what is active; where the database or the release cannot be had, what was live last.

    The followers of the processes go on trying.
    """
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    try:
        await bring_live(engine, settings, sure=True)
    except Unusable as error:
        log.error("release_unusable", error=str(error))
    except (SQLAlchemyError, OSError) as error:
        log.error("releases_not_seen", error=type(error).__name__)
    finally:
        await engine.dispose()
