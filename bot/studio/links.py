"""Whether the addresses in answers still lead anywhere: asked politely, and never inside our own network."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, time
from pathlib import Path

import aiohttp
from yarl import URL

from bot.content.models import Answer
from bot.content.store import ContentStore
from bot.messages import utc_now
from bot.outside import Outside, refused
from bot.settings import Settings

LOOK_AT = time(4, 30)
"""When the addresses are looked at every night."""
AT_ONCE = 8
"""Sites that are asked at the same time; each of them one address after the other."""
PAUSE = 1.0
"""Seconds between two questions to one site."""
_TIMEOUT = aiohttp.ClientTimeout(total=15, connect=7)
_HOPS = 5
_HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; sotong-link-check)", "Accept": "*/*"}
_NO_HEAD = frozenset({400, 403, 404, 405, 406, 429, 500, 501, 503})
"""Answers to HEAD after which GET is tried: many servers know only that."""
_THERE = frozenset({401, 403, 406, 429})
"""Answers of a server that is there and will not talk to programs."""
_INSIDE = "안쪽 주소라서 열지 않아요"
_INVENTED = (".example", ".test", ".invalid", ".localhost")
"""Ends of hosts that never lead anywhere (RFC 2606)."""


@dataclass(frozen=True)
class Looked:
    """What became of one address."""

    url: str
    wrong: str
    """Why it leads nowhere; empty when it does."""
    looked_at: str
    """ISO moment."""
    since: str = ""
    """Since when it has been wrong."""


def addresses(answers: Iterable[Answer]) -> dict[str, tuple[str, ...]]:
    """Web addresses → ids of the answers that have them, invented ones left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for answer in answers:
        links = [*answer.links, *(link for twin in answer.translations.values() for link in twin.links)]
        for url in dict.fromkeys([answer.source.url or "", *(link.url for link in links)]):
            if url.startswith(("http://", "https://")) and not _host(url).endswith(_INVENTED):
                found[url].append(answer.id)
    return {url: tuple(ids) for url, ids in found.items()}


class LinkBook:
    """What was found at the last look, in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, Looked]:
        """By address; nothing before the first look."""
        try:
            stored = json.loads(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        return {each["url"]: Looked(**each) for each in stored}

    def write(self, looked: Iterable[Looked]) -> None:
        """Keep these in place of the earlier ones."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps([asdict(each) for each in looked], ensure_ascii=False), "utf-8")
        new.replace(self._path)

    def broken(self, answers: Iterable[Answer]) -> dict[str, list[Looked]]:
        """Answers' ids → the addresses of each that led nowhere."""
        known = self.read()
        found: dict[str, list[Looked]] = defaultdict(list)
        for url, ids in addresses(answers).items():
            if url in known and known[url].wrong:
                for id_ in ids:
                    found[id_].append(known[url])
        return dict(found)


async def look(
    urls: Sequence[str],
    book: LinkBook,
    clock: Callable[[], datetime],
    *,
    outside: Outside,
    pause: float = PAUSE,
    progress: Callable[[int, int], None] | None = None,
) -> list[Looked]:
    """Ask every address and keep what was found."""
    before = book.read()
    sites: dict[str, list[str]] = defaultdict(list)
    for url in urls:
        sites[_host(url)].append(url)
    found: list[Looked] = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def visit(mine: Sequence[str]) -> None:
        async with gate:
            for number, url in enumerate(mine):
                if number:
                    await asyncio.sleep(pause)
                found.append(_noted(url, await ask(outside, url), clock(), before))
                if progress:
                    progress(len(found), len(urls))

    await asyncio.gather(*(visit(mine) for mine in sites.values()))
    found.sort(key=lambda each: urls.index(each.url))
    await asyncio.to_thread(book.write, found)
    return found


async def look_at_links(settings: Settings, content: ContentStore) -> None:
    """The nightly look at what citizens are given now."""
    urls = list(addresses(await asyncio.to_thread(content.answers)))
    await look(urls, LinkBook(settings.links_file), utc_now, outside=Outside(settings.inside_origins))


async def ask(outside: Outside, url: str) -> str:
    """Why an address leads nowhere; empty when it leads somewhere. No body is read."""
    try:
        at = URL(url)
        for _ in range(_HOPS):
            if at.scheme not in ("http", "https") or not at.host:
                return "http나 https 주소가 아니에요"
            status, to = await _status(outside, at)
            if to is None:
                return "" if status < 400 or status in _THERE else _said(status)
            at = at.join(URL(to))
    except TimeoutError:
        return "제때 답하지 않아요"
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if refused(error):
            return _INSIDE
        if isinstance(error, aiohttp.ClientConnectorDNSError):
            return "그런 누리집이 없어요"
        certificate = isinstance(error, aiohttp.ClientConnectorCertificateError)
        return "보안 인증서가 맞지 않아요" if certificate else "이어지지 않아요"
    return "주소를 자꾸 바꿔 알려 줘서 끝이 없어요"


async def _status(outside: Outside, at: URL) -> tuple[int, str | None]:
    for method in ("HEAD", "GET"):
        async with outside.request(method, str(at), timeout=_TIMEOUT, headers=_HEADERS) as answer:
            if answer.status in (301, 302, 303, 307, 308) and (to := answer.headers.get("Location")):
                return answer.status, to
            if method == "GET" or answer.status not in _NO_HEAD:
                return answer.status, None
    raise AssertionError("GET has answered")


def _said(status: int) -> str:
    words = {404: "없는 쪽이에요", 410: "없어진 쪽이에요"}
    return f"{words.get(status, '오류가 나요')} ({status})"


def _noted(url: str, wrong: str, now: datetime, before: Mapping[str, Looked]) -> Looked:
    earlier = before.get(url)
    since = (earlier.since if earlier and earlier.wrong else now.isoformat()) if wrong else ""
    return Looked(url, wrong, now.isoformat(), since)


def _host(url: str) -> str:
    try:
        return (URL(url).host or "").lower()
    except ValueError:
        return ""
