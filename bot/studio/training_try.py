"""What the live model and a candidate make of one sentence, side by side."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.cli.stack import RASA_ENV, environment, rasa_token
from bot.settings import ROOT, Settings

_IDLE = 300.0
"""Seconds after which a candidate that nobody asks any more gives its memory back."""
_PATIENCE = 120.0
"""Seconds a candidate may take to load and answer."""
_RANKED = 5


class NotAnswering(Exception):
    """The model could not be asked; the text says why, in words for staff."""


@dataclass(frozen=True)
class Understood:
    """What a model makes of a sentence."""

    intent: str
    """Empty when it recognises none."""
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    entities: tuple[tuple[str, str, str], ...]
    """(words, entity, value)."""
    scope: float | None
    """How like the training examples, 0 to 1; None if the model does not say."""


async def ask_live(settings: Settings, text: str) -> Understood:
    """Ask the model that answers citizens. Raises `NotAnswering`."""
    try:
        timeout = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(
                f"{settings.rasa}/model/parse",
                headers={"Authorization": f"Bearer {rasa_token(settings)}"},
                json={"text": text},
            ) as response,
        ):
            if response.status != 200:
                raise NotAnswering("지금 쓰는 모델이 답하지 않아요.")
            return understood(await response.json())
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        raise NotAnswering("지금 쓰는 모델에 이어지지 않아요. 챗봇이 켜져 있는지 봐 주세요.") from error


class Candidate:
    """A process that has one candidate's model loaded; another candidate takes its place."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None
        self._model: Path | None = None
        self._asked = 0.0
        self._one = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    async def ask(self, project: Path, model: Path, text: str) -> Understood:
        """What a candidate makes of a sentence; loading takes some seconds, once. Raises `NotAnswering`."""
        async with self._one:
            self._asked = time.monotonic()
            if self._model != model or self._process is None or self._process.returncode is not None:
                await self._start(project, model)
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                raise NotAnswering("시험할 모델을 켜지 못했어요.")
            try:
                process.stdin.write((json.dumps({"text": text}) + "\n").encode())
                await process.stdin.drain()
                line = await asyncio.wait_for(process.stdout.readline(), _PATIENCE)
            except (TimeoutError, ConnectionError) as error:
                await self._stop()
                raise NotAnswering("시험할 모델이 제때 답하지 않았어요. 다시 해 주세요.") from error
            if not line:
                await self._stop()
                raise NotAnswering("시험할 모델을 읽지 못했어요. 다시 학습해 주세요.")
            return understood(json.loads(line))

    async def close(self) -> None:
        """End the process."""
        if self._watch is not None:
            self._watch.cancel()
        await self._stop()

    async def _start(self, project: Path, model: Path) -> None:
        await self._stop()
        if not await asyncio.to_thread(lambda: model.exists() and project.is_dir()):
            raise NotAnswering("이 학습의 모델이 더는 없어요. 다시 학습해 주세요.")
        self._process = await asyncio.create_subprocess_exec(
            str(RASA_ENV / "bin" / "python"), "-m", "bot.nlu.parse",
            "--project", str(project), "--model", str(model),
            cwd=ROOT, env=environment(self._settings), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self._model = model
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._rest(), name="candidate-idle")

    async def _rest(self) -> None:
        while self._process is not None:
            await asyncio.sleep(_IDLE / 10)
            async with self._one:
                if time.monotonic() - self._asked > _IDLE:
                    await self._stop()

    async def _stop(self) -> None:
        process, self._process, self._model = self._process, None, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def understood(found: Mapping[str, Any]) -> Understood:
    """Rasa's parse output in our form."""
    intent = found.get("intent") or {}
    return Understood(
        str(intent.get("name") or ""),
        float(intent.get("confidence") or 0.0),
        tuple(
            (str(one["name"]), float(one["confidence"])) for one in found.get("intent_ranking", [])[:_RANKED]
        ),
        tuple(
            (str(found["text"])[one["start"] : one["end"]], str(one["entity"]), str(one["value"]))
            for one in found.get("entities", [])
        ),
        found.get("scope"),
    )
