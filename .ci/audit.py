"""Known vulnerabilities in what we install: `make audit`.

pip-audit asks PyPI's JSON API, then OSV, about every pinned version. What Rasa freezes and cannot hurt is in
`requirements/audit.yml`, with the reason and the day until which that holds. A list that cannot be reached
is said and fails nothing: a check without it would stop every change on machines without the internet. A
package that they do not know is said too.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("app", "rasa", "dev")
_SERVICES = ("pypi", "osv")
_WITHIN = 300
"""Seconds for one list and one lock file."""


@dataclass(frozen=True)
class Allowed:
    """A pinned version whose known faults do not concern us, as far as we can see, until a day."""

    package: str
    version: str
    why: str
    until: date


@dataclass(frozen=True)
class Judged:
    """What was found in a lock file."""

    asked: int
    """Packages that the list knows."""
    unknown: tuple[str, ...]
    bad: tuple[str, ...]
    """`package version: id (mended in …)`."""
    allowed: tuple[str, ...]


def read_allowed(path: Path) -> list[Allowed]:
    """The list of exceptions. Raises `TypeError` and `OSError`."""
    return [Allowed(**entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]


def judge(found: Iterable[Mapping[str, Any]], allowed: Sequence[Allowed], today: date) -> Judged:
    """What to say of pip-audit's `dependencies`."""
    asked, unknown, bad, fine = 0, [], [], []
    reasons = {(one.package, one.version): one for one in allowed if today <= one.until}
    for package in found:
        if "vulns" not in package:
            unknown.append(str(package["name"]))
            continue
        asked += 1
        reason = reasons.get((package["name"], package["version"]))
        for fault in package["vulns"]:
            mended = ", ".join(fault.get("fix_versions") or ()) or "no version yet"
            said = f"{package['name']} {package['version']}: {fault['id']} (mended in {mended})"
            (bad if reason is None else fine).append(said)
    return Judged(asked, tuple(unknown), tuple(bad), tuple(fine))


def ask(lock: Path, service: str) -> list[Mapping[str, Any]] | None:
    """pip-audit's `dependencies` by one list; None where it cannot be reached."""
    command = [sys.executable, "-m", "pip_audit", "-r", str(lock), "--no-deps", "--disable-pip"]
    options = ["-s", service, "-f", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            [*command, *options], capture_output=True, text=True, check=False, timeout=_WITHIN
        )
        found: list[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError):
        return None
    return found if any("vulns" in package for package in found) else None


def main() -> int:
    """The command; 1 when something is wrong that nobody has allowed."""
    console, failed = Console(soft_wrap=True, highlight=False), False
    allowed = read_allowed(ROOT / "requirements" / "audit.yml")
    for one in allowed:
        if one.until < date.today():  # noqa: DTZ011 - the day of whoever looks
            console.print(f"[yellow]![/] requirements/audit.yml: {one.package} 예외의 날짜가 지났어요")
    for name in LOCKS:
        lock = ROOT / "requirements" / f"{name}.txt"
        found = next((found for service in _SERVICES if (found := ask(lock, service))), None)
        if found is None:
            console.print(
                f"[yellow]![/] {lock.name}: 취약점 목록(PyPI, OSV)에 닿지 않아 살펴보지 못했어요."
                " 인터넷이 되는 곳에서 make audit을 한 번 더 해 주세요."
            )
            continue
        judged = judge(found, allowed, date.today())  # noqa: DTZ011
        for said in judged.allowed:
            console.print(f"[dim]–[/] {said}: 예외")
        for said in judged.bad:
            console.print(f"[red]✗[/] {said}")
        if judged.unknown:
            console.print(f"[yellow]![/] {lock.name}: 목록에 없는 꾸러미 {', '.join(judged.unknown)}")
        console.print(f"{lock.name}: {judged.asked}개를 살펴봤어요. 고칠 것 {len(judged.bad)}개")
        failed = failed or bool(judged.bad)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
