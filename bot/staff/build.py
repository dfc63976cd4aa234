"""The people of the console, put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.identity.box import Box
from bot.identity.oidc import Client, Provider
from bot.identity.personal import open_seal
from bot.outside import Outside
from bot.settings import Settings
from bot.staff.accounts import Accounts
from bot.staff.audit import AuditTrail
from bot.staff.factors import Factors
from bot.staff.office import Claims, Office
from bot.staff.sessions import Sessions
from bot.staff.trail import Trail

BACK = "/login/office/back"
"""Path that the office's provider sends browsers back to."""


@dataclass(frozen=True)
class Staff:
    """Who the people are, where they are logged in, and what they did."""

    accounts: Accounts
    factors: Factors
    sessions: Sessions
    audit: AuditTrail
    trail: Trail
    box: Box
    """What is kept for minutes: half-finished log-ins, passwords to be shown once."""
    office: Office | None
    """Where else people can log in."""


def build_staff(
    settings: Settings,
    engine: AsyncEngine,
    redis: Redis,
    clock: Callable[[], datetime],
    hasher: PasswordHasher | None = None,
) -> Staff:
    """Raises `OSError` when the secret of a first start cannot be written."""
    seal = open_seal(settings)
    box, accounts = Box(redis, seal), Accounts(engine, clock, hasher)
    return Staff(
        accounts,
        Factors(engine, seal, clock),
        Sessions(redis, seal, engine, clock, settings.second_factor_roles),
        AuditTrail(engine, clock),
        Trail(engine),
        box,
        _office(settings, box, accounts) if settings.staff_oidc_issuer else None,
    )


def _office(settings: Settings, box: Box, accounts: Accounts) -> Office:
    client = Client(
        settings.staff_oidc_issuer,
        settings.staff_oidc_client_id,
        settings.staff_oidc_client_secret.get_secret_value(),
        settings.staff_oidc_scopes,
        (),
    )
    claims = Claims(
        settings.staff_oidc_login_claim,
        settings.staff_oidc_roles_claim,
        settings.staff_oidc_departments_claim,
        settings.staff_oidc_roles,
    )
    outside = Outside((client.issuer, *settings.inside_origins))
    return Office(Provider(outside, client), box, accounts, claims, settings.console_address + BACK)
