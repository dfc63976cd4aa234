"""The ownership that fits the database: of one among several gateways on PostgreSQL, of the only one else."""

from __future__ import annotations

import secrets
import socket

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.fleet.ownership import Alone, Ownership
from bot.fleet.shared import Shared
from bot.log.engine import open_engine
from bot.settings import Settings

_WITHIN = 3
"""Seconds for a sign of life: shorter than a lease."""


def open_fleet(settings: Settings) -> tuple[AsyncEngine, Ownership]:
    """The database, and the gateway's place among those that share it: not joined yet."""
    # No other process calls its connections the same: whoever takes this one for dead can end them.
    connections = f"sotong-gateway {settings.port} {secrets.token_hex(6)}"
    engine = open_engine(settings.database, connections, most=settings.database_connections)
    if engine.dialect.name != "postgresql":
        return engine, Alone()
    own = open_engine(settings.database, connections, most=2, within=_WITHIN)
    name = f"{socket.gethostname()} {settings.host}:{settings.port}"
    return engine, Shared(engine, own, name[:120], connections)
