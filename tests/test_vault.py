"""Values that a service needs: kept sealed, for minutes, for one conversation alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from bot.identity.box import NotKept
from bot.identity.hint import hint
from bot.identity.identities import Identities, Level
from bot.identity.personal import Personal, Subjects, open_personal
from bot.identity.seal import Broken, Seal
from bot.identity.vault import Vault, kind_of
from bot.settings import Settings
from tests.identity_support import everything_in, free_port

KIM, LEE = "telegram:11", "telegram:1"
OLD, NEW = "old-" * 8, "new-" * 8


@pytest.fixture
async def personal(settings: Settings) -> AsyncIterator[Personal]:
    one = open_personal(settings)
    await one.box._redis.flushdb()
    yield one
    await one.close()


async def test_what_is_put_in_comes_out_for_its_own_conversation_only(personal: Personal) -> None:
    token = await personal.vault.put(KIM, "mobile", "010-1234-5678")
    assert kind_of(token) == "mobile"
    assert await personal.vault.open(KIM, token) == "010-1234-5678"
    assert await personal.vault.open(LEE, token) is None
    for forged in (
        token.replace("mobile", "phone"),
        token[1:],
        token + "x",
        "⟦mobile:x⟧",
        "",
        "010-1234-5678",
    ):
        assert await personal.vault.open(KIM, forged) is None


async def test_a_sealed_value_moved_elsewhere_stays_shut(personal: Personal) -> None:
    """Whoever can write to Redis still cannot have one citizen's value opened for another."""
    redis = personal.box._redis
    await personal.vault.put(KIM, "mobile", "010-1234-5678")
    token = await personal.vault.put(LEE, "mobile", "010-9999-9999")
    kims, lees = sorted(await redis.keys("sotong:vault:*"), key=lambda name: _who(LEE) in name)
    await redis.set(lees, await redis.get(kims))
    assert await personal.vault.open(LEE, token) is None


def _who(key: str) -> bytes:
    from bot.identity.box import who

    return who(key).encode()


async def test_redis_never_sees_a_value(personal: Personal) -> None:
    await personal.vault.put(KIM, "mobile", "010-1234-5678")
    await personal.vault.ask(KIM, "birth")
    await personal.identities.bind(KIM, "pseudonym", "sub-of-kim", Level.LOGIN, "김○○")
    await personal.links.make(KIM, about="지방세")
    seen = await everything_in(personal.box._redis)
    assert seen.count("sotong:") >= 4
    assert not [
        secret for secret in ("1234", "5678", "sub-of-kim", "김○○", "지방세", "11:") if secret in seen
    ]


async def test_everything_has_an_end(personal: Personal) -> None:
    redis = personal.box._redis
    await personal.vault.put(KIM, "mobile", "010-1234-5678")
    await personal.identities.bind(KIM, "pseudonym", "sub", Level.LOGIN, "")
    await personal.links.make(KIM)
    lives = {name.decode().split(":")[1]: await redis.ttl(name) for name in await redis.keys("sotong:*")}
    assert 0 < lives["link"] <= 600
    assert 600 < lives["vault"] <= 1800
    assert 600 < lives["identity"] <= 1800
    assert 0 < lives["kept"] <= 3600


async def test_a_value_goes_when_its_time_is_over(personal: Personal) -> None:
    vault = Vault(personal.box, seconds=1)
    token = await vault.put(KIM, "birth", "1990-01-01")
    assert await vault.open(KIM, token)
    await asyncio.sleep(1.1)
    assert await vault.open(KIM, token) is None


async def test_forgetting_one_citizen_leaves_the_others(personal: Personal) -> None:
    mine = await personal.vault.put(KIM, "mobile", "010-1234-5678")
    theirs = await personal.vault.put(LEE, "mobile", "010-9999-9999")
    await personal.identities.bind(KIM, "pseudonym", "sub", Level.LOGIN, "")
    link = await personal.links.make(KIM)
    assert link
    for _ in range(2):  # an erasure may be done again
        await personal.forget(KIM)
    assert await personal.vault.open(KIM, mine) is None
    assert await personal.identities.of(KIM) is None
    assert await personal.links.look(link.rpartition("/")[2]) is None
    assert await personal.vault.open(LEE, theirs) == "010-9999-9999"


async def test_an_emptied_redis_is_no_error(personal: Personal) -> None:
    token = await personal.vault.put(KIM, "mobile", "010-1234-5678")
    await personal.identities.bind(KIM, "pseudonym", "sub", Level.LOGIN, "")
    await personal.box._redis.flushall()
    assert await personal.vault.open(KIM, token) is None
    assert await personal.identities.of(KIM) is None
    assert await personal.vault.asked(KIM) is None
    assert not await personal.identities.logout(KIM)


async def test_a_redis_that_is_away_is_said_where_it_matters(settings: Settings) -> None:
    away = open_personal(settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"}))
    started = asyncio.get_running_loop().time()
    assert await away.vault.open(KIM, "⟦mobile:aaaaaaaaaaaaaaaaaaaaaa⟧") is None
    assert await away.identities.of(KIM) is None
    with pytest.raises(NotKept):
        await away.vault.put(KIM, "mobile", "010")
    with pytest.raises(NotKept):
        await away.links.make(KIM)
    with pytest.raises(OSError):  # what an erasure waits for  # noqa: PT011
        await away.forget(KIM)
    assert asyncio.get_running_loop().time() - started < 2
    await away.close()


async def test_a_new_key_opens_what_the_old_one_sealed(settings: Settings) -> None:
    before = open_personal(settings.model_copy(update={"vault_key": SecretStr(OLD)}))
    changed = settings.model_copy(update={"vault_key": SecretStr(NEW), "vault_old_key": SecretStr(OLD)})
    after, without = (
        open_personal(changed),
        open_personal(changed.model_copy(update={"vault_old_key": SecretStr("")})),
    )
    token = await before.vault.put(KIM, "mobile", "010-1234-5678")
    assert await after.vault.open(KIM, token) == "010-1234-5678"
    assert await without.vault.open(KIM, token) is None
    newer = await after.vault.put(KIM, "mobile", "010-1234-5678")
    assert await before.vault.open(KIM, newer) is None
    for one in (before, after, without):
        await one.close()


async def test_two_processes_of_an_installation_share_a_key(settings: Settings) -> None:
    gateway, actions = open_personal(settings), open_personal(settings)
    token = await gateway.vault.put(KIM, "mobile", "010-1234-5678")
    assert await actions.vault.open(KIM, token) == "010-1234-5678"
    await gateway.close()
    await actions.close()


async def test_an_identity_ends_by_the_clock_as_well(personal: Personal) -> None:
    from datetime import timedelta

    from bot.messages import utc_now

    later = Identities(personal.box, lambda: utc_now() + timedelta(minutes=31))
    await personal.identities.bind(KIM, "pseudonym", "sub", Level.STRONG, "")
    assert await personal.identities.of(KIM)
    assert await later.of(KIM) is None


def test_a_key_that_is_too_short_is_refused(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="32"):
        Settings(_env_file=None, vault_key=SecretStr("short"))


@given(st.text(), st.text(), st.text())
def test_seals_open_only_in_their_place(value: str, place: str, other: str) -> None:
    seal = Seal(NEW)
    sealed = seal.close(value, place)
    assert seal.open(sealed, place) == value
    assert sealed != seal.close(value, place)
    for shut in (sealed[:-1], sealed[:5], b"", sealed[:-1] + bytes([sealed[-1] ^ 1])):
        with pytest.raises(Broken):
            seal.open(shut, place)
    if other != place:
        with pytest.raises(Broken):
            seal.open(sealed, other)


@given(st.sampled_from(["mobile", "phone", "email", "birth", "vehicle", "account"]), st.text(max_size=40))
def test_hints_never_break_and_never_say_it_all(kind: str, value: str) -> None:
    shown = hint(kind, value)
    assert shown
    assert not value.strip() or shown != value.strip()


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("mobile", "010 1234 5678", "010-****-5678"),
        ("mobile", "010", "****"),
        ("email", "hong.gd@example.go.kr", "ho***@example.go.kr"),
        ("birth", "1990년 1월 2일", "1990년"),
        ("birth", "900102", "90년"),
        ("vehicle", "12가 3456", "12가 ****"),
        ("account", "123-45-678901", "123***"),
    ],
)
def test_hints(kind: str, value: str, shown: str) -> None:
    assert hint(kind, value) == shown


def test_a_pseudonym_is_the_same_for_the_same_person_only() -> None:
    subjects = Subjects("k" * 64)
    assert subjects.of("https://a", "1") == subjects.of("https://a", "1")
    named = {subjects.of("https://a", "1"), subjects.of("https://a1", ""), subjects.of("https://b", "1")}
    assert len(named | {Subjects("l" * 64).of("https://a", "1")}) == 4
