"""The second factor: codes of an app that change every half minute (TOTP, RFC 6238), and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.identity.seal import Broken, Seal
from bot.log.engine import reading, writing
from bot.log.tables import Operator
from bot.staff.passwords import one_time_password
from bot.staff.tables import RecoveryCode

SPARE = 10
"""Recovery codes that a person gets."""
_STEP = 30
"""Seconds that a code holds: RFC 6238, section 5.2; one step before and after is taken too."""
_ISSUER = "소통 콘솔"


class Factors:
    """Second factors of people. Secrets are sealed, recovery codes hashed: the database gives none away."""

    def __init__(self, engine: AsyncEngine, seal: Seal, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._seal = seal
        self._clock = clock

    def new_secret(self) -> str:
        """For an app, 160 bits as base32."""
        return pyotp.random_base32()

    def uri(self, secret: str, login: str) -> str:
        """What the QR code says (`otpauth://totp/…`)."""
        return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)

    async def begin(self, operator_id: int, secret: str, code: str) -> list[str] | None:
        """Ask for codes of this secret from now on: the recovery codes; None when the code is not its own."""
        step = self._step_of(secret, code)
        if step is None:
            return None
        sealed = base64.b64encode(self._seal.close(secret, place(operator_id))).decode()
        async with writing(self._engine) as session:
            mine = update(Operator).where(Operator.id == operator_id)
            await session.execute(mine.values(totp_secret=sealed, totp_step=step))
        return await self.renew(operator_id)

    async def renew(self, operator_id: int) -> list[str]:
        """New recovery codes in place of the old ones."""
        codes = [one_time_password() for _ in range(SPARE)]
        rows = [{"code_hash": _hash(operator_id, code), "operator_id": operator_id} for code in codes]
        async with writing(self._engine) as session:
            await session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
            await session.execute(insert(RecoveryCode), rows)
        return codes

    async def end(self, operator_id: int) -> None:
        """Ask for no second factor any more."""
        async with writing(self._engine) as session:
            mine = update(Operator).where(Operator.id == operator_id)
            await session.execute(mine.values(totp_secret=None, totp_step=None))
            await session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))

    async def wanted(self, operator_id: int) -> bool:
        """Whether a person has a second factor."""
        async with reading(self._engine) as session:
            kept = await session.scalar(select(Operator.totp_secret).where(Operator.id == operator_id))
        return kept is not None

    async def spare(self, operator_id: int) -> int:
        """Recovery codes that are left."""
        left = select(func.count()).where(
            RecoveryCode.operator_id == operator_id, RecoveryCode.used_at.is_(None)
        )
        async with reading(self._engine) as session:
            return await session.scalar(left) or 0

    async def check(self, operator_id: int, given: str) -> bool:
        """Whether a code is right, of the app or a recovery code. Each is taken once."""
        code = "".join(given.split()).lower()
        if code.isascii() and code.isdecimal():
            return await self._check_app(operator_id, code)
        fits = (
            update(RecoveryCode)
            .where(RecoveryCode.code_hash == _hash(operator_id, code), RecoveryCode.used_at.is_(None))
            .values(used_at=self._clock())
            .returning(RecoveryCode.operator_id)
        )
        async with writing(self._engine) as session:
            return await session.scalar(fits) == operator_id

    async def _check_app(self, operator_id: int, code: str) -> bool:
        async with reading(self._engine) as session:
            sealed = await session.scalar(select(Operator.totp_secret).where(Operator.id == operator_id))
        if sealed is None:
            return False
        try:
            secret = self._seal.open(base64.b64decode(sealed), place(operator_id))
        except Broken:  # sealed with a key that is gone: a recovery code or an administrator helps
            return False
        step = self._step_of(secret, code)
        if step is None:
            return False
        fresh = (
            update(Operator)
            .where(Operator.id == operator_id, or_(Operator.totp_step.is_(None), Operator.totp_step < step))
            .values(totp_step=step)
            .returning(Operator.id)
        )
        async with writing(self._engine) as session:
            return await session.scalar(fresh) is not None

    def _step_of(self, secret: str, code: str) -> int | None:
        """The time step whose code this is, of now and one before and after."""
        code, now = "".join(code.split()), int(self._clock().timestamp()) // _STEP
        app = pyotp.TOTP(secret)
        for step in (now, now - 1, now + 1):
            if hmac.compare_digest(app.generate_otp(step).encode(), code.encode()):
                return step
        return None


def _hash(operator_id: int, code: str) -> str:
    return hashlib.sha256(f"{operator_id}:{code.replace('-', '')}".encode()).hexdigest()


def place(operator_id: int) -> str:
    """What a person's secret is sealed for."""
    return f"totp:{operator_id}"
