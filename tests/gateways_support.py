"""Several real gateways on one PostgreSQL, killed and frozen at will, with a scripted Rasa."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import make_url, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.log.engine import looking, open_engine
from bot.log.migrate import migrate
from bot.log.tables import Conversation, Message
from bot.settings import ROOT, Settings
from demo.platforms.kakao import KakaoPlatform
from demo.platforms.telegram import TelegramPlatform
from demo.platforms.webhook import WebhookPlatform
from tests.counting_rasa import CountingRasa
from tests.log_support import postgres_programs

_WITHIN = 60.0
"""Seconds for whatever is waited for: the machine may be busy."""
SECRETS = {
    "webhook_secret": "a secret of the app",
    "kakao_secret": "a-secret-of-kakao",
    "kakao_bot_id": "bot1",
    "telegram_token": "100:abcdef",
    "telegram_secret": "a-secret-of-telegram",
}


@dataclass
class One:
    """A gateway."""

    settings: dict[str, Any]
    port: int
    process: BaseProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bot.serving", "tests.gateways_support"])
        self.process = context.Process(target=_serve, args=(self.settings,), daemon=True)
        self.process.start()

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self.process is not None
        self.process.join(5)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.is_alive()


@dataclass
class Gateways:
    """Two gateways, what is around them, and their database."""

    ones: list[One]
    rasa: CountingRasa
    app: WebhookPlatform
    kakao: KakaoPlatform
    telegram: TelegramPlatform
    engine: AsyncEngine
    session: aiohttp.ClientSession
    postgres: Path
    """Folder of its socket and its data."""
    _numbers: list[int] = field(default_factory=lambda: [0])

    def citizen(self) -> str:
        """Somebody who never wrote."""
        self._numbers[0] += 1
        return f"citizen-{self._numbers[0]}"

    async def say(self, one: int, who: str, text: str, platform: Any = None) -> int:
        """Let a messenger bring a text to one of the gateways."""
        chosen = platform or self.app
        chosen.bot_url = self.ones[one].url
        status: int = await chosen.say(who, text)
        return status

    async def up(self, one: int) -> None:
        """Start a gateway if it does not run, and wait until it answers."""
        if not self.ones[one].alive:
            self.ones[one].start()
        await eventually(lambda: self.ready(one))

    async def ready(self, one: int) -> bool:
        return await self.status(one, "/readyz") == 200

    async def status(self, one: int, path: str) -> int:
        """HTTP status of a GET; 0 when nobody listens."""
        try:
            async with self.session.get(self.ones[one].url + path) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def lines(self, who: str) -> list[tuple[str, str | None, str | None]]:
        """What the log has of a citizen: author, state of the turn or of the delivery, outcome."""
        query = (
            select(Message.author, Message.turn_state, Message.delivery, Message.outcome)
            .join(Conversation, Conversation.id == Message.conversation_id)
            .where(Conversation.user_id == who)
            .order_by(Message.seq)
        )
        async with looking(self.engine) as connection:
            rows = await connection.execute(query)
            return [(row.author, row.turn_state or row.delivery, row.outcome) for row in rows]

    async def settled(self, who: str) -> set[str | None]:
        """States of what was said to a citizen, once nothing is under way."""

        async def quiet() -> bool:
            return not {"open", "pending", "sending"} & {state for _, state, _ in await self.lines(who)}

        await eventually(quiet)
        return {state for author, state, _ in await self.lines(who) if author != "citizen"}

    def answers(self, who: str, platform: Any = None) -> list[str]:
        """What a citizen was shown, but for what we say of ourselves first of all."""
        shown = (each.text for each in (platform or self.app).shown if each.user_id == who)
        return [text for text in shown if text.startswith("답: ")]

    async def heard(self, who: str, count: int) -> bool:
        """Whether so many messages of a citizen are in the log."""
        return [author for author, *_ in await self.lines(who)].count("citizen") == count

    async def sending(self, who: str) -> bool:
        """Whether something is on its way to a citizen."""
        return "sending" in {state for _, state, _ in await self.lines(who)}

    async def on_duty(self, duty: str) -> int:
        """Which of the gateways does something for all."""
        (name,) = await self.values(
            f"SELECT g.name FROM gateways g JOIN duties d ON d.gateway_id = g.id WHERE d.name = '{duty}'"
        )
        return next(at for at, one in enumerate(self.ones) if name.endswith(f":{one.port}"))

    async def fetched(self) -> bool:
        """Whether somebody fetches messages from Telegram."""
        return bool(await self.values("SELECT 1 FROM duties WHERE name = 'receive:telegram'"))

    async def answers_with(self, one: int, path: str, status: int) -> bool:
        """Whether a GET has a status."""
        return await self.status(one, path) == status

    async def ended(self, one: int) -> bool:
        """Whether a gateway's process is over."""
        return not self.ones[one].alive

    async def values(self, statement: str) -> list[Any]:
        """The first column of a query."""
        async with self.engine.connect() as connection:
            return list(await connection.scalars(text(statement)))


async def eventually(holds: Callable[[], Awaitable[bool]], within: float = _WITHIN) -> None:
    """Wait until something holds. Raises `TimeoutError`."""
    async with asyncio.timeout(within):
        while not await holds():
            await asyncio.sleep(0.05)


def restart_postgres(folder: Path) -> None:
    """Kill a PostgreSQL of `postgres_server` with all its connections, and start it again."""
    programs = postgres_programs()
    assert programs is not None
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        as_user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    place, log = f"{folder}/data", f"{folder}/log"
    command = [f"{programs}/pg_ctl", "-D", place, "-l", log, "-m", "immediate", "restart"]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)


@asynccontextmanager
async def gateways(postgres: str, redis_url: str, folder: Path) -> AsyncIterator[Gateways]:
    """Two gateways that run, on a database of their own."""
    database = await _database(postgres)
    await migrate(database)
    rasa = CountingRasa()
    await rasa.start()
    app, kakao = WebhookPlatform("", SECRETS), KakaoPlatform("", SECRETS)
    telegram = TelegramPlatform("", SECRETS)
    platforms = (app, kakao, telegram)
    for platform in platforms:
        await platform.start()
    shutil.copytree(ROOT / "data", folder / "data")
    shared = {
        "data_dir": folder / "data",
        "var_dir": folder / "var",
        "database_url": database,
        "redis_url": redis_url,
        "rasa_url": rasa.url,
        "actions_url": rasa.url,
        "city_api_url": "http://127.0.0.1:1",
        "gov24_url": "http://127.0.0.1:1",
        "drain_seconds": 1,
        "log_level": "WARNING",
        "metrics_port": 0,
        **SECRETS,
        **{name: value for platform in platforms for name, value in platform.settings.items()},
    }
    ports = free_ports(4)
    ones = [One({**shared, "port": ports[at], "console_port": ports[at + 1]}, ports[at]) for at in (0, 2)]
    engine = open_engine(database)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        host = make_url(postgres).query["host"]
        made = Gateways(ones, rasa, app, kakao, telegram, engine, session, Path(str(host)))
        try:
            for at in range(2):
                await made.up(at)
            yield made
        finally:
            for one in ones:
                if one.alive:
                    one.kill()
            for platform in platforms:
                await platform.stop()
            await rasa.stop()
            await engine.dispose()


async def _database(postgres: str) -> str:
    """A database of our own on the server that all tests share."""
    server = create_async_engine(postgres, isolation_level="AUTOCOMMIT")
    async with server.connect() as connection:
        await connection.execute(text("DROP DATABASE IF EXISTS gateways WITH (FORCE)"))
        await connection.execute(text("CREATE DATABASE gateways"))
    await server.dispose()
    return make_url(postgres).set(database="gateways").render_as_string(hide_password=False)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _serve(settings: dict[str, Any]) -> None:
    import uvloop

    from bot.serving import serve
    from bot.telemetry.logs import set_up_logging

    set_up_logging("gateway", settings["log_level"])
    uvloop.run(serve(Settings(_env_file=None, **settings)))
