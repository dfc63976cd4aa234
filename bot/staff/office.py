"""Logging in at the office's own provider (OpenID Connect), and what its claims make of a person here."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.identity.box import Box
from bot.identity.id_token import LoginRefused
from bot.identity.identities import Level
from bot.identity.oidc import Provider
from bot.messages import Frozen
from bot.staff.accounts import Account, AccountError, Accounts, LastAdministrator
from bot.staff.passwords import one_time_password
from bot.staff.roles import Role

LASTS = 600
"""Seconds to log in there."""
_TRIES = 50
"""Login names that are tried for somebody new whose name is taken."""


class _Begun(Frozen):
    nonce: str
    verifier: str
    browser: str
    wanted: str


@dataclass(frozen=True)
class Claims:
    """Which claims say what, from the settings."""

    login: str
    roles: str
    departments: str
    """Empty = the provider says nothing of departments."""
    roles_by_value: Mapping[str, str]
    """What a provider calls a role → `Role`; empty = roles are given in the console."""


class Office:
    """One provider. `back` is our address that it sends browsers back to."""

    def __init__(self, provider: Provider, box: Box, accounts: Accounts, claims: Claims, back: str) -> None:
        self._provider = provider
        self._box = box
        self._accounts = accounts
        self._claims = claims
        self._back = back

    async def begin(self, wanted: str) -> tuple[str, str]:
        """Where the browser goes to log in, and its cookie; `wanted` is the page to open afterwards.

        Raises `bot.identity.oidc.ProviderAway` and `bot.identity.box.NotKept`.
        """
        state, browser, verifier = (secrets.token_urlsafe(size) for size in (32, 32, 48))
        begun = _Begun(
            nonce=secrets.token_urlsafe(24), verifier=verifier, browser=_digest(browser), wanted=wanted
        )
        await self._box.put(_place(state), begun.model_dump_json(), "staff-office", LASTS)
        address = await self._provider.address(
            self._back, state=state, nonce=begun.nonce, verifier=verifier, level=Level.LOGIN
        )
        return address, browser

    async def end(self, query: Mapping[str, str], browser: str) -> tuple[Account, str]:
        """Who came back, with roles as the provider has them, and the page they wanted.

        Raises `LoginRefused`, `bot.identity.oidc.ProviderAway`, and `AccountError` with words for the person.
        """
        kept = await self._box.take(_place(query.get("state", "")))
        begun = _Begun.model_validate_json(kept) if kept else None
        if begun is None or not hmac.compare_digest(begun.browser, _digest(browser)):
            raise LoginRefused("state: unknown, or of another browser")
        await self._provider.check_answer(query.get("iss"))
        if "code" not in query:
            raise LoginRefused("the provider said no")
        person = await self._provider.person(
            query["code"], self._back, nonce=begun.nonce, verifier=begun.verifier, level=Level.LOGIN
        )
        external = f"{self._provider.issuer} {person.sub}"
        return await self._known(external, person.sub, person.name, person.claims), begun.wanted

    async def _known(self, external: str, sub: str, name: str, claims: Mapping[str, Any]) -> Account:
        account = await self._accounts.outside(external)
        roles, departments = self._standing(claims)
        if account is None:
            said = claims.get(self._claims.login)
            login = said.strip() if isinstance(said, str) and said.strip() else sub
            account = await self._accounts.get(
                await self._welcome(login[:60], name or login, roles or (), departments or (), external)
            )
            if account is None:
                raise LookupError("an account that was just made is gone")
        else:
            account = await self._follow(account, roles, departments)
        if not account.active:
            raise AccountError("쓰지 않기로 한 계정이에요. 관리자에게 말해 주세요.")
        return account

    async def _follow(
        self, account: Account, roles: frozenset[str] | None, departments: frozenset[str] | None
    ) -> Account:
        """The person with what the provider says of them now; a last administrator stays one."""
        wanted = account.roles if roles is None else roles
        theirs = account.departments if departments is None else departments
        if (wanted, theirs) == (account.roles, account.departments):
            return account
        try:
            await self._accounts.appoint(account.id, wanted, theirs)
        except LastAdministrator:
            wanted |= {Role.ADMINISTRATOR}
            await self._accounts.appoint(account.id, wanted, theirs)
        return replace(account, roles=frozenset(map(str, wanted)), departments=theirs)

    async def _welcome(
        self, login: str, name: str, roles: Collection[str], departments: Collection[str], external: str
    ) -> int:
        """A new account; where the login name is somebody's here, with a number: it is not theirs to take."""
        for number in range(1, _TRIES):
            wanted = login if number == 1 else f"{login}-{number}"
            if await self._accounts.find(wanted) is None:
                return await self._accounts.add(
                    wanted,
                    name[:80],
                    roles,
                    departments,
                    one_time_password(),
                    must_change=False,
                    external=external,
                )
        raise AccountError(f"아이디 {login} 을(를) 쓸 수 없어요. 관리자에게 말해 주세요.")

    def _standing(self, claims: Mapping[str, Any]) -> tuple[frozenset[str] | None, frozenset[str] | None]:
        """Roles and departments that the claims give; None = they are given here."""
        if not self._claims.roles_by_value:
            return None, None
        known = self._claims.roles_by_value
        roles = {known[each] for each in _values(claims.get(self._claims.roles)) if each in known}
        if not roles:
            raise AccountError("이 콘솔에서 맡은 역할이 없어요. 관리자에게 말해 주세요.")
        if not self._claims.departments:
            return frozenset(roles), None
        return frozenset(roles), frozenset(_values(claims.get(self._claims.departments)))


def _values(claim: object) -> list[str]:
    """The texts of a claim: a list, or words in one text."""
    if isinstance(claim, str):
        return claim.split()
    return [each for each in claim if isinstance(each, str)] if isinstance(claim, list) else []


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()


def _place(state: str) -> str:
    return f"staff-office:{hashlib.sha256(state.encode()).hexdigest()}"
