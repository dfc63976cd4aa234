"""Which release a Rasa server serves: it knows its model only."""

from __future__ import annotations

import asyncio
import time

import aiohttp

from bot.nlu.project import code_digest, model_name
from bot.releases.live import live_number
from bot.releases.processes import Serving
from bot.settings import Settings

_PATIENCE = 180.0
"""Seconds until a server that has not changed its model is said to have failed."""
_TIMEOUT = aiohttp.ClientTimeout(total=2)


class RasaModel:
    """Asks the server for its model, and says what that means."""

    def __init__(self, session: aiohttp.ClientSession, settings: Settings, name: str) -> None:
        self._session = session
        self._settings = settings
        self._name = name
        self._code = code_digest()
        self._number: int | None = None
        """The release that it served when it last had the model that was asked for."""
        self._behind_since: float | None = None

    async def serving(self) -> Serving:
        """What the server serves now."""
        number = live_number(self._settings)
        wanted = await asyncio.to_thread(lambda: str(model_name(self._settings.live, self._code)))
        model = await self._model()
        if model == wanted:
            self._number, self._behind_since = number, None
            return Serving(self._name, number, model)
        if self._behind_since is None:
            self._behind_since = time.monotonic()
        late = time.monotonic() - self._behind_since > _PATIENCE
        fault = "" if model else "Rasa가 대답하지 않아요. 다시 켜고 있을 수 있어요."
        if model and late:
            fault = "새 모델로 바꾸지 못해 예전 모델로 대답하고 있어요. 기록(rasa.log)에 까닭이 있어요."
        return Serving(self._name, self._number, model, fault)

    async def _model(self) -> str:
        shown = {"Authorization": f"Bearer {self._settings.rasa_token.get_secret_value()}"}
        try:
            async with self._session.get(
                f"{self._settings.rasa}/status", headers=shown, timeout=_TIMEOUT
            ) as response:
                found = (await response.json())["model_file"] if response.status == 200 else ""
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError, KeyError):
            return ""
        return str(found or "")
