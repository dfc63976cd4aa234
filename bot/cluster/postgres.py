"""PostgreSQL as one process of ours, with its data below our folder, reachable by TCP with a password."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.cli.stack import Process
from bot.secrets import own_secret

_ACCOUNT = "postgres"
"""Who runs it where we are root, as which PostgreSQL does not start."""
_NAME = "sotong"
"""Of the user and of the database."""
_PASSWORD_NAME = "postgres"  # noqa: S105
"""Name of the secret that only this machine's PostgreSQL has a use for."""


def programs() -> Path | None:
    """Folder with initdb, pg_ctl and postgres, or None where PostgreSQL is not installed."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if installed:
        return installed[-1].parent
    found = shutil.which("postgres")
    return Path(found).parent if found else None


def _version(program: Path) -> float:
    return float(program.parts[-3])


@dataclass(frozen=True)
class Postgres:
    """One server; its password is a secret of `var_dir`."""

    folder: Path
    host: str
    port: int
    var_dir: Path

    @property
    def url(self) -> str:
        """SQLAlchemy address of our database."""
        password = own_secret(self.var_dir, _PASSWORD_NAME)
        return f"postgresql+asyncpg://{_NAME}:{password}@{self.host}:{self.port}/{_NAME}"

    def process(self) -> Process:
        """The server, as the account that may run it."""
        command = (*_as_account(), str(self._programs / "postgres"), "-D", str(self.folder / "data"))
        return Process("postgres", (*command, *self._options), self.port, "", steady_after=1, host=self.host)

    @contextmanager
    def running(self) -> Iterator[None]:
        """For as long as something is prepared in it; made first where there is none.

        Raises `subprocess.CalledProcessError` with what the program said.
        """
        if not (self.folder / "data" / "PG_VERSION").exists():
            self._make()
        options = ["-o", " ".join(self._options), "-l", str(self.folder / "preparing.log")]
        self._call("pg_ctl", "-D", str(self.folder / "data"), "-w", *options, "start")
        try:
            self._make_database()
            yield
        finally:
            self._call("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "fast", "stop")

    @property
    def _programs(self) -> Path:
        found = programs()
        if found is None:
            raise FileNotFoundError("postgres")
        return found

    @property
    def _options(self) -> tuple[str, ...]:
        return ("-p", str(self.port), "-c", f"listen_addresses={self.host}", "-c", "unix_socket_directories=")

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.folder, _ACCOUNT, _ACCOUNT)
        password = self.folder / "password"
        password.write_text(own_secret(self.var_dir, _PASSWORD_NAME))
        if os.geteuid() == 0:
            shutil.chown(password, _ACCOUNT, _ACCOUNT)
        password.chmod(0o600)
        access = ("-A", "scram-sha-256", f"--pwfile={password}")
        locale = ("-E", "UTF8", "--locale=C.UTF-8")
        self._call("initdb", "-D", str(self.folder / "data"), "-U", _NAME, *access, *locale)
        password.unlink()

    def _make_database(self) -> None:
        place = ("-h", self.host, "-p", str(self.port), "-U", _NAME)
        rows = self._call("psql", *place, "-d", "postgres", "-Atc", "SELECT datname FROM pg_database")
        if _NAME not in rows.split():
            self._call("createdb", *place, _NAME)

    def _call(self, name: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs; what it printed. What pg_ctl starts keeps no pipe of ours."""
        log = self.folder / f"{name}.txt"
        with log.open("w+") as said:
            done = subprocess.run(  # noqa: S603 - the commands are our own
                [*_as_account(), self._programs / name, *arguments],
                cwd=self.folder,
                env={**os.environ, "PGPASSWORD": own_secret(self.var_dir, _PASSWORD_NAME)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                check=False,
            )
            said.seek(0)
            text = said.read()
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, name, text)
        return text


def _as_account() -> tuple[str, ...]:
    """What a command begins with so that the account runs it."""
    if os.geteuid() != 0:
        return ()
    return ("setpriv", "--reuid", _ACCOUNT, "--regid", _ACCOUNT, "--clear-groups")


def may_pass(folder: Path) -> bool:
    """Whether the account that runs PostgreSQL gets to a folder: where we are root, it is another's."""
    if os.geteuid() != 0:
        return True
    return all(each.stat().st_mode & 0o001 for each in folder.absolute().parents if each.exists())


def account_exists() -> bool:
    """Whether there is somebody to run it."""
    if os.geteuid() != 0:
        return True
    try:
        pwd.getpwnam(_ACCOUNT)
    except KeyError:
        return False
    return True
