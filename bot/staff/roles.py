"""Who may do what in the console: one table, from a role to its permissions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Literal, Protocol, get_args

Permission = Literal[
    "watch",
    "talk",
    "unmask",
    "review",
    "figures",
    "switch",
    "view",
    "edit",
    "teach",
    "assign",
    "publish",
    "rollback",
    "overrule",
    "people",
    "audit",
]
"""What a page or a button asks for.

watch: see conversations, reports, ideas and what is due for removal. talk: take a conversation over, handle
reports and ideas. unmask: see personal data, with a reason. review: mark what the bot did as right or wrong,
mute a citizen. figures: the dashboard, and alerts. switch: emergency notices, the bot on and off. view: see
the studio (answers, intents, inbox, tasks, releases). edit: answers. teach: intents, dialogue, words. assign:
give tasks to departments. publish, rollback: change what is live. overrule: publish what the gate blocks.
people: accounts and roles. audit: the audit log.
"""


class Role(StrEnum):
    """What a person does here; a person may have several."""

    VIEWER = "viewer"
    EDITOR = "editor"
    APPROVER = "approver"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


MAY: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({"watch", "figures", "view"}),
    Role.EDITOR: frozenset({"view", "edit", "teach", "assign", "publish"}),
    Role.APPROVER: frozenset(
        {"watch", "review", "figures", "switch", "view", "assign", "publish", "rollback", "overrule"}
    ),
    Role.OPERATOR: frozenset({"watch", "talk", "unmask", "review", "figures", "view", "assign"}),
    Role.ADMINISTRATOR: frozenset(get_args(Permission)) - {"overrule"},
}
"""Only an approver overrules the gate: not even an administrator."""
OWN: frozenset[tuple[Role, Permission]] = frozenset({(Role.EDITOR, "edit"), (Role.EDITOR, "publish")})
"""What a role may do only for the departments of the person."""
ALL = "*"
"""Stands among a person's departments for every department there is."""


class Person(Protocol):
    """Whoever has roles: a request's `LoggedIn`, a row of the people's list."""

    @property
    def roles(self) -> Collection[str]:
        """Values of `Role`."""

    @property
    def departments(self) -> Collection[str]:
        """Ids of departments, or `ALL`."""


def may(who: Person, permission: Permission, department: str | None = None) -> bool:
    """Whether a person may do something, for a department where one is named.

    Without a department: whether they may do it at all. Raises `ValueError` for a permission that does not
    exist.
    """
    if permission not in get_args(Permission):
        raise ValueError(f"no such permission: {permission}")
    return any(
        permission in MAY[role]
        and (
            (role, permission) not in OWN
            or (bool(who.departments) if department is None else _of(who, department))
        )
        for role in Role
        if role in who.roles
    )


def allowed(permission: Permission) -> tuple[Role, ...]:
    """The roles that have a permission."""
    return tuple(role for role in Role if permission in MAY[role])


def _of(who: Person, department: str) -> bool:
    return ALL in who.departments or department in who.departments
