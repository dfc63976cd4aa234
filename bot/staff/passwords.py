"""Passwords: made, hashed and checked off the event loop, and what a person may choose."""

from __future__ import annotations

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

SHORTEST = 10
"""Characters a password must have."""
_DIFFERENT = 5


class Passwords:
    """Argon2id."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, hashed: str, password: str) -> bool:
        """Whether a password is the one that was hashed."""
        try:
            return await asyncio.to_thread(self._hasher.verify, hashed, password)
        except VerifyMismatchError:
            return False


def weakness(password: str, login: str) -> str:
    """Why a password cannot be taken, for the person who typed it; empty when it can."""
    if len(password) < SHORTEST:
        return f"새 비밀번호는 {SHORTEST}자 이상이어야 해요."
    if login.lower() in password.lower():
        return "새 비밀번호에 아이디를 넣지 마세요."
    if len(set(password)) < _DIFFERENT:
        return f"같은 글자가 너무 많아요. 서로 다른 글자를 {_DIFFERENT}개 이상 써 주세요."
    return ""


def one_time_password() -> str:
    """Like `k7mx-9tqd-hw4n`: 59 bits, no letters that look alike."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))
