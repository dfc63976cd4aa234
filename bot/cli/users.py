"""Operators' accounts from the command line."""

from __future__ import annotations

import asyncio

from rich.console import Console
from sqlalchemy.exc import IntegrityError

from bot.console.operators import Operators
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.settings import Settings


def add_user(settings: Settings, login: str, name: str, role: str) -> int:
    """Create an operator and print the one-time password; 1 when the login is taken."""
    return asyncio.run(_add(settings, login, name, role))


async def _add(settings: Settings, login: str, name: str, role: str) -> int:
    console = Console(soft_wrap=True)
    await migrate(settings.database)
    engine = open_engine(settings.database)
    try:
        password = await Operators(engine).create(login, name, role)
    except (IntegrityError, ValueError) as error:
        console.print(
            f"[red]✗[/] ‘{login}’ 계정을 못 만들었어요: 이미 있거나 쓸 수 없는 이름이에요."
            f" ({type(error).__name__})"
        )
        return 1
    finally:
        await engine.dispose()
    console.print(
        f"[green]✓[/] {name}({login}) · 한 번만 쓸 수 있는 비밀번호: [bold]{password}[/]", highlight=False
    )
    return 0
