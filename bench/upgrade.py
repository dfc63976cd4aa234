"""The release before is stopped in the midst of talks, this one goes on with them, on the same data.

    python bench/upgrade.py [--from COMMIT] [--folder FOLDER]

Starts the whole bot of the release before (`git archive` of its commit, with the environments that are here),
has citizens in the midst of forms and others whose question was just taken, stops it, starts the bot of this
working tree on the same folder and goes on talking. What the forms say then is compared with the same talk
held from its first word to its last with the new bot. Writes `bench/results/upgrade.json`; ends with status 1
when a message was lost, answered twice or forgotten.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
import uuid
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from about import ROOT, about, write

PORT = 15080
PORTS = {
    "PORT": PORT, "CONSOLE_PORT": PORT + 1, "REDIS_PORT": PORT + 2, "RASA_PORT": PORT + 3,
    "ACTIONS_PORT": PORT + 4, "CITY_API_PORT": PORT + 5, "GOV24_PORT": PORT + 6, "IDENTITY_PORT": PORT + 7,
}  # fmt: skip
TALKS = (
    ("우리집 앞 가로등이 며칠째 꺼져 있어요", "빛가온동 해오름로 12 앞이에요"),
    ("접수한 민원 어디까지 됐어요?", "2026-0001234"),
)
"""What is said to the old bot, and then to the new one: forms that use the same words each time."""
RUSH = 12
"""Citizens who ask as the old bot is stopped."""
_START_WITHIN = 900.0


def previous() -> str:
    """The commit that gave the release before this one its name in CHANGELOG.md."""
    mine = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    names = re.findall(r"^## \[([0-9.]+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    before = next(name for name in names if name != mine)
    found = _git("log", "--format=%H", "-n", "1", f"-S## [{before}]", "--", "CHANGELOG.md")
    return found.decode().strip()


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True).stdout


def lay_out(commit: str, folder: Path) -> Path:
    """The tree of a commit, with our environments."""
    tree = folder / "old"
    tree.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", tree], input=_git("archive", commit), check=True)
    for name in (".venv", ".venv-rasa"):
        (tree / name).symlink_to(ROOT / name)
    return tree


class Bot:
    """`sotong run` of a tree on the one folder."""

    def __init__(self, tree: Path, folder: Path) -> None:
        settings = {f"SOTONG_{name}": str(port) for name, port in PORTS.items()}
        folders = {"VAR": "var", "DATA": "data", "MODELS": "models"}
        settings |= {f"SOTONG_{name}_DIR": str(folder / place) for name, place in folders.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bot", "run"],
            cwd=tree,
            env=os.environ | settings | {"PYTHONPATH": str(tree)},
            stdout=sys.stdout,
            stderr=subprocess.STDOUT,
        )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + _START_WITHIN
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"the bot ended with status {self._process.returncode}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                pass
            time.sleep(0.5)
        self.stop()
        raise RuntimeError("the bot did not get ready")

    def stop(self) -> None:
        """As Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)


class Citizen:
    """A page of the web chat that comes back as the same citizen."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._token: str | None = None

    async def say(self, text: str, *, wait: bool = True) -> list[str]:
        """Say something; with `wait` what came back, else only that it was taken."""
        origin = f"http://127.0.0.1:{PORT}"
        async with self._session.ws_connect(f"{origin}/chat/ws", headers={"Origin": origin}) as socket:
            opening: dict[str, Any] = {"v": 1, "type": "session.open"}
            await socket.send_json(opening | ({"resume_token": self._token} if self._token else {}))
            seen = 0
            while (frame := await socket.receive_json())["type"] != "session.ready":
                pass
            self._token = frame.get("resume_token", self._token)
            seen = frame["seq"]
            message = {"v": 1, "id": uuid.uuid4().hex, "ts": datetime.now(UTC).isoformat()}
            await socket.send_json(message | {"type": "user.message", "text": text})
            said: list[str] = []
            taken = False
            while True:
                try:
                    frame = await asyncio.wait_for(socket.receive_json(), 3 if said else 60)
                except TimeoutError:
                    return said
                taken = taken or frame["type"] == "ack"
                if taken and not wait:
                    return said
                if frame["type"] in ("bot.message", "notice") and frame.get("seq", seen + 1) > seen:
                    said += [part.get("text") or part.get("title", "") for part in frame["parts"]]


def forgotten(database: Path) -> list[dict[str, Any]]:
    """Talks whose second word was not answered as in the talk that the new bot heard from the beginning.

    Numbers may differ: a receipt has one.
    """
    found = []
    with closing(sqlite3.connect(database)) as sql:
        for _, second in TALKS:
            replies = sql.execute(
                "SELECT asked.id, said.text FROM messages AS asked JOIN words ON words.message_id = asked.id"
                " JOIN messages AS reply ON reply.turn_id = asked.id"
                " JOIN words AS said ON said.message_id = reply.id"
                " WHERE asked.direction = 'in' AND words.text = ? ORDER BY asked.id, reply.id",
                (second,),
            ).fetchall()
            turns: dict[int, list[str]] = {}
            for turn, text in replies:
                turns.setdefault(turn, []).append(re.sub(r"[0-9]+", "0", text))
            if len(turns) != 2 or len({tuple(texts) for texts in turns.values()}) != 1:
                found.append({"said": second, "answers": list(turns.values())})
    return found


def looked_at(database: Path) -> dict[str, Any]:
    """What the log says of all that was asked."""
    with closing(sqlite3.connect(database)) as sql:
        asked = sql.execute("SELECT count(*) FROM messages WHERE direction = 'in'").fetchone()[0]
        open_ = sql.execute("SELECT count(*) FROM messages WHERE turn_state = 'open'").fetchone()[0]
        silent = sql.execute(
            "SELECT count(*) FROM messages AS q WHERE turn_state = 'done' AND outcome <> 'ignored'"
            " AND NOT EXISTS (SELECT 1 FROM messages AS a WHERE turn_id = q.id AND a.delivery = 'delivered')"
        ).fetchone()[0]
        undelivered = sql.execute(
            "SELECT count(*) FROM messages WHERE direction = 'out' AND delivery <> 'delivered'"
        ).fetchone()[0]
        twice = sql.execute(
            "SELECT count(*) FROM (SELECT turn_id FROM messages WHERE direction = 'out' AND author = 'bot'"
            " GROUP BY turn_id, content HAVING turn_id IS NOT NULL AND count(*) > 1)"
        ).fetchone()[0]
        schema = sql.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    lost = {"lost": open_ + silent, "undelivered": undelivered, "twice": twice}
    return {"messages": asked, **lost, "schema": schema}


async def talk(folder: Path, tree: Path) -> dict[str, Any]:
    """The whole day."""
    database = folder / "var" / "sotong.db"
    old = Bot(tree, folder)
    async with aiohttp.ClientSession() as session:
        citizens = [Citizen(session) for _ in TALKS]
        for citizen, (first, _) in zip(citizens, TALKS, strict=True):
            await citizen.say(first)
        rushing = [Citizen(session) for _ in range(RUSH)]
        await asyncio.gather(*(one.say("여권 재발급 수수료 얼마예요?", wait=False) for one in rushing))
        stopped = time.monotonic()
        await asyncio.to_thread(old.stop)
        schema = looked_at(database)["schema"]
        new = await asyncio.to_thread(Bot, ROOT, folder)
        down = time.monotonic() - stopped
        for citizen, (_, second) in zip(citizens, TALKS, strict=True):
            await citizen.say(second)
        for first, second in TALKS:
            fresh = Citizen(session)
            await fresh.say(first)
            await fresh.say(second)
        await asyncio.sleep(5)
        await asyncio.to_thread(new.stop)
    found = {"schema_before": schema, "seconds_down": round(down, 1), "talks": len(TALKS)}
    return {**found, "forgotten": forgotten(database), **looked_at(database)}


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="commit", default="")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    commit = options.commit or previous()
    with tempfile.TemporaryDirectory(prefix="sotong-upgrade-") as name:
        folder = options.folder or Path(name)
        tree = lay_out(commit, folder)
        shutil.copytree(tree / "data", folder / "data")
        shutil.copytree(ROOT / "models", folder / "models", dirs_exist_ok=True)
        found = asyncio.run(talk(folder, tree))
    found = {**about(), "from": commit[:12], **found}
    write("upgrade.json", found)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    return 1 if found["forgotten"] or found["lost"] or found["undelivered"] or found["twice"] else 0


if __name__ == "__main__":
    sys.exit(main())
