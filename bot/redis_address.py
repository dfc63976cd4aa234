"""Where Redis is: one server, or whichever of several Sentinels say is the primary now.

Both Pythons use it, with their own redis-py, blocking or not.
"""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

import redis
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.sentinel import Sentinel

_SCHEMES = {"redis+sentinel": {}, "rediss+sentinel": {"ssl": True}}
_PORT = 26379
"""Where Sentinels listen unless the address says otherwise."""


class BadAddress(ValueError):
    """The address of Redis cannot be understood; the text says why, in Korean."""


def open_redis(address: str, **options: Any) -> redis.asyncio.Redis:
    """A client for `redis://…`, or for `redis+sentinel://[user:password@]host:port,host:port/primary[/db]`
    (`rediss+sentinel` with TLS; `?sentinel_password=…` where the Sentinels want one too).

    `options` are those of `Redis`. It connects when it is used, and to the new primary after a failover.
    Raises `BadAddress`.
    """
    if not _by_sentinels(address):
        return redis.asyncio.Redis.from_url(address, **options)
    hosts, name, own, theirs = _parts(address)
    limits = _limits(options)
    sentinel: Any = AsyncSentinel(hosts, sentinel_kwargs=limits | theirs)  # type: ignore[no-untyped-call]
    return cast("redis.asyncio.Redis", sentinel.master_for(name, **own, **options))


def open_blocking_redis(address: str, **options: Any) -> redis.Redis:
    """The same for a program without asyncio."""
    if not _by_sentinels(address):
        return redis.Redis.from_url(address, **options)
    hosts, name, own, theirs = _parts(address)
    limits = _limits(options)
    sentinel: Any = Sentinel(hosts, sentinel_kwargs=limits | theirs)  # type: ignore[no-untyped-call]
    return cast("redis.Redis", sentinel.master_for(name, **own, **options))


def _by_sentinels(address: str) -> bool:
    return urlsplit(address).scheme in _SCHEMES


def _limits(options: dict[str, Any]) -> dict[str, Any]:
    """Sentinels have no more time to answer than Redis has."""
    return {name: value for name, value in options.items() if name.startswith("socket_")}


def _parts(address: str) -> tuple[list[tuple[str, int]], str, dict[str, Any], dict[str, Any]]:
    """The Sentinels, the primary's name, and the options for connections to Redis and to the Sentinels."""
    url = urlsplit(address)
    secret, _, places = url.netloc.rpartition("@")
    name, _, db = url.path.strip("/").partition("/")
    if not places or not name or not (db or "0").isdecimal():
        raise BadAddress(
            "REDIS_URL은 redis+sentinel://호스트:포트,호스트:포트/프라이머리 이름/DB 번호처럼 적어 주세요."
        )
    user, _, password = secret.partition(":")
    tls: dict[str, Any] = _SCHEMES[url.scheme]
    own = {**tls, "db": int(db or "0")}
    if password:
        own |= {"username": unquote(user) or None, "password": unquote(password)}
    theirs = dict(tls)
    if given := parse_qs(url.query).get("sentinel_password"):
        theirs["password"] = given[0]
    return [_place(place) for place in places.split(",")], name, own, theirs


def _place(given: str) -> tuple[str, int]:
    host, _, port = given.rpartition(":") if ":" in given else (given, "", str(_PORT))
    if not host or not port.isdecimal():
        raise BadAddress(f"REDIS_URL의 Sentinel 주소 {given!r}를 호스트:포트로 적어 주세요.")
    return host, int(port)
