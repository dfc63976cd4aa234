"""`sotong user …`: the people of the console."""

# ruff: noqa: PLC0415 - a command imports its own module only when it is called: start-up stays quick
from __future__ import annotations

from typing import Annotated

import typer

from bot.settings import Settings

users = typer.Typer(help="콘솔을 쓰는 사람을 다뤄요.", no_args_is_help=True)

_ROLES = Annotated[
    list[str],
    typer.Option("--role", help="viewer, editor, approver, operator, administrator. 여러 번 적어도 돼요."),
]
_DEPARTMENTS = Annotated[
    list[str] | None,
    typer.Option("--department", help="편집자가 고칠 부서의 id. 여러 번 적어도 되고, *는 모든 부서예요."),
]


@users.command("add")
def add_user(
    login: Annotated[str, typer.Argument(help="로그인 이름")],
    name: Annotated[str, typer.Option(help="시민과 동료에게 보이는 이름")],
    role: _ROLES = ["operator"],  # noqa: B006 - typer copies it
    department: _DEPARTMENTS = None,
) -> None:
    """콘솔을 쓸 사람을 더하고 한 번만 쓸 수 있는 비밀번호를 보여 줘요."""
    from bot.cli.users import add_user as start

    raise typer.Exit(start(Settings(), login, name, role, department or ()))


@users.command("list")
def list_users() -> None:
    """콘솔을 쓰는 사람과 역할을 보여 줘요."""
    from bot.cli.users import list_users as start

    raise typer.Exit(start(Settings()))


@users.command("role")
def set_roles(
    login: Annotated[str, typer.Argument(help="로그인 이름")],
    role: _ROLES,
    department: _DEPARTMENTS = None,
) -> None:
    """역할을 정해요. 적지 않은 역할은 없어져요."""
    from bot.cli.users import set_roles as start

    raise typer.Exit(start(Settings(), login, role, department or ()))


@users.command("reset")
def reset_user(
    login: Annotated[str, typer.Argument(help="로그인 이름")],
    factor: Annotated[bool, typer.Option("--factor", help="2단계 인증도 풀어요.")] = False,
) -> None:
    """비밀번호를 잊은 사람에게 줄 일회용 비밀번호를 새로 만들어요."""
    from bot.cli.users import reset_user as start

    raise typer.Exit(start(Settings(), login, factor=factor))


@users.command("lock")
def lock_user(
    login: Annotated[str, typer.Argument(help="로그인 이름")],
    undo: Annotated[bool, typer.Option("--undo", help="잠금을 풀어요.")] = False,
) -> None:
    """계정을 잠그고 모든 기기에서 로그아웃시켜요."""
    from bot.cli.users import lock_user as start

    raise typer.Exit(start(Settings(), login, locked=not undo))
