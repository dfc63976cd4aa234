"""A whole installation for a browser: real content folder, gateway, action server, console and web chat.

Only Rasa is replaced (`questions.py`), so that it starts in seconds; `test_whole_bot.py` has the real one.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from playwright.async_api import BrowserContext
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import Apps, build
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from bot.settings import ROOT, Settings
from bot.staff.build import Staff, build_staff
from bot.staff.roles import ALL
from tests import redis_support
from tests.actions_support import TOKEN, free_port, wait_until_up
from tests.browser.questions import Questions

PASSWORD = "초록 우산 다섯 개"
PEOPLE = {
    "viewer": ("이보리", ("viewer",), ()),
    "editor": ("김하늘", ("editor",), (ALL,)),
    "approver": ("박바다", ("approver",), ()),
    "operator": ("최누리", ("operator",), ()),
    "admin": ("정가람", ("administrator", "editor"), (ALL,)),
}
"""Login: name, roles, departments."""


def installation(folder: Path) -> Settings:
    """A copy of the repository's content, with nothing in its database yet."""
    shutil.copytree(ROOT / "data", folder / "data")
    for name in ("config.yml", "domain.yml"):
        shutil.copy(ROOT / name, folder / name)
    return Settings(
        _env_file=None,
        data_dir=folder / "data",
        var_dir=folder / "var",
        models_dir=folder / "models",
        database_url=f"sqlite+aiosqlite:///{folder}/log.db",
        redis_url=redis_support.server().url,
    )


@contextmanager
def answering(settings: Settings) -> Iterator[Settings]:
    """An action server that answers citizens from an installation's content, a process of its own."""
    asyncio.run(migrate(settings.database))
    own = {"actions_url": f"http://127.0.0.1:{free_port()}", "rasa_token": SecretStr(TOKEN)}
    served = settings.model_copy(update=own)
    env = os.environ | {
        "SOTONG_DATA_DIR": str(settings.data_dir),
        "SOTONG_VAR_DIR": str(settings.var_dir),
        "DATABASE_URL": settings.database,
        "REDIS_URL": settings.redis,
        "SOTONG_RASA_TOKEN": TOKEN,
        "OMP_NUM_THREADS": "1",
    }
    log = settings.data_dir.parent / "actions.log"
    with log.open("w") as output:
        command = [sys.executable, "-m", "actions", "--port", served.actions.rpartition(":")[2]]
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_until_up(process, served.actions, log)
            yield served
        finally:
            process.terminate()
            process.wait(20)


@dataclass
class Town:
    """The running gateway of an installation."""

    settings: Settings
    apps: Apps
    public: str
    """Address of the citizens' port."""
    console: str
    staff: Staff
    engine: AsyncEngine

    async def enter(self, context: BrowserContext, login: str) -> None:
        """Make a browser one of `PEOPLE`'s, as if they had logged in."""
        account = await self.staff.accounts.find(login)
        assert account is not None
        token = await self.staff.sessions.open(account.id, address="127.0.0.1", agent="test")
        await context.add_cookies([{"name": "sotong_console", "value": token, "url": self.console}])


@asynccontextmanager
async def town(settings: Settings, *, whole: bool = False) -> AsyncIterator[Town]:
    """Everything of the gateway on free ports, with `PEOPLE` who may use the console.

    `whole`: the settings reach a real Rasa; else every line of a citizen is a question for the answers.
    """
    await migrate(settings.database)
    engine = open_engine(settings.database)
    redis = Redis.from_url(settings.redis)
    hasher = PasswordHasher(time_cost=1, memory_cost=64)
    staff = build_staff(settings, engine, redis, utc_now, hasher)
    for login, (name, roles, departments) in PEOPLE.items():
        if await staff.accounts.find(login) is None:
            await hire(staff, login, name, roles, departments)
    questions = Questions(settings.actions)
    await questions.start()
    try:
        async with (
            build(settings if whole else settings.model_copy(update={"rasa_url": questions.url})) as apps,
            TestServer(apps.public) as public,
            TestServer(apps.console) as console,
        ):
            addresses = [f"http://127.0.0.1:{server.port}" for server in (public, console)]
            yield Town(settings, apps, addresses[0], addresses[1], staff, engine)
    finally:
        await questions.stop()
        await redis.aclose()
        await engine.dispose()


async def hire(
    staff: Staff, login: str, name: str, roles: Collection[str], departments: Collection[str]
) -> None:
    """A person with the password of the tests."""
    await staff.accounts.add(login, name, roles, departments, PASSWORD, must_change=False)
