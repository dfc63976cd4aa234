"""The bot behind the gateway: Rasa as a function from a citizen's words to a `Reply`.

Every reply comes from our own actions as one `custom` item `{"sotong": Reply}`; see `actions/reply.py`.
Facts about Rasa's REST channel used here, from rasa 3.6.21's `core/channels/rest.py`: a failure inside
Rasa, a missing model or an unreachable action server all answer 200 with an empty list; text that
starts with `/` bypasses language understanding.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from typing import Any, Protocol

import aiohttp
from pydantic import ValidationError

from bot.handoff.said import Said
from bot.messages import Outbound, Reply
from bot.outcomes import Outcome
from bot.rasa_memory import events, way_back

_PROBE_EVERY = 0.25
"""Seconds for which "not ready" holds without asking again."""
_PARSE = 2.0
"""Seconds in which Rasa understands a text, or is not waited for."""
_COMMAND = re.compile(r"^[\s/]+")


class BotNotReady(Exception):
    """Rasa or the action server is not up yet: the same question can be asked again shortly."""


class BotFailed(Exception):
    """No answer this turn (time-out, empty or unreadable reply); asking again would not help."""


class Bot(Protocol):
    """Whatever answers citizens."""

    async def reply(self, key: str, text: str, metadata: dict[str, Any]) -> Reply:
        """Take one turn of conversation `key`. Raises `BotNotReady` or `BotFailed`."""

    async def ready(self) -> bool:
        """Whether a question asked now would be answered."""

    async def forget(self, key: str) -> None:
        """Drop what is remembered of a conversation. Raises `BotNotReady`."""


class RasaClient:
    """`Bot` over Rasa's REST channel.

    `timeout` is in seconds for one turn; `actions_url` is asked for its health, since Rasa itself
    does not say whether its action server is there. Rasa has `at_once` turns to do at most: the others wait
    here, where their time does not run, so that a rush is not answered by apologies.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        rasa_url: str,
        actions_url: str,
        *,
        token: str = "",
        timeout: float = 8.0,
        at_once: int = 32,
    ) -> None:
        self._session = session
        self._rasa_url = rasa_url.rstrip("/")
        self._actions_url = actions_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout, sock_connect=2)
        self._parse_timeout = aiohttp.ClientTimeout(total=_PARSE, sock_connect=1)
        self._probe = aiohttp.ClientTimeout(total=2)
        self._room = asyncio.Semaphore(at_once)
        self._probing: asyncio.Task[bool] | None = None
        self._not_ready_until = 0.0

    async def reply(self, key: str, text: str, metadata: dict[str, Any]) -> Reply:
        """Take one turn of conversation `key`. Raises `BotNotReady` or `BotFailed`."""
        body = {
            "sender": key,
            "message": text,
            "input_channel": metadata.get("channel", "rest"),
            "metadata": metadata,
        }
        try:
            async with (
                self._room,
                self._session.post(
                    f"{self._rasa_url}/webhooks/rest/webhook",
                    json=body,
                    headers=self._headers,
                    timeout=self._timeout,
                ) as response,
            ):
                if response.status != 200:
                    raise BotFailed(f"Rasa answered HTTP {response.status}")
                items = await response.json()
        except TimeoutError as error:
            raise BotFailed(f"Rasa took longer than {self._timeout.total} s") from error
        except (aiohttp.ClientConnectionError, ConnectionError) as error:
            raise BotNotReady("Rasa cannot be reached") from error
        except (aiohttp.ClientError, ValueError) as error:
            raise BotFailed("Rasa's answer is not JSON") from error
        if not items:
            if not await self.ready():
                raise BotNotReady("Rasa has no model or no action server yet")
            raise BotFailed("Rasa answered nothing")
        return merge(items)

    async def ready(self) -> bool:
        """Whether Rasa has a model loaded and the action server answers.

        However many turns wait for that, Rasa, which is starting, is asked a few times a second at most.
        """
        if time.monotonic() < self._not_ready_until:
            return False
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._both_answer())
        return await asyncio.shield(self._probing)

    async def forget(self, key: str) -> None:
        """Replace the tracker by an empty one. Raises `BotNotReady`."""
        try:
            async with self._session.put(
                f"{self._rasa_url}/conversations/{key}/tracker/events",
                headers=self._headers,
                json=[{"event": "restart", "timestamp": time.time()}],
                timeout=self._timeout,
            ) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise BotNotReady("Rasa could not drop a conversation") from error

    async def intents(self, text: str) -> dict[str, float]:
        """What a text may mean, with probabilities; no conversation hears of it.

        Raises `BotNotReady` or `BotFailed`, after a shorter time than `reply`.
        """
        try:
            async with self._session.post(
                f"{self._rasa_url}/model/parse",
                headers=self._headers,
                json={"text": text},
                timeout=self._parse_timeout,
            ) as response:
                if response.status != 200:
                    raise BotNotReady(f"Rasa answered HTTP {response.status}")
                ranking = (await response.json())["intent_ranking"]
                return {str(each["name"]): float(each["confidence"]) for each in ranking}
        except TimeoutError as error:
            raise BotFailed("Rasa took too long to understand a text") from error
        except (aiohttp.ClientConnectionError, ConnectionError) as error:
            raise BotNotReady("Rasa cannot be reached") from error
        except (aiohttp.ClientError, ValueError, KeyError, TypeError) as error:
            raise BotFailed("what Rasa understood has the wrong form") from error

    async def remember(self, key: str, said: Sequence[Said]) -> str:
        """Add a talk with a person to the tracker, where it ends the form that was asking.

        Returns the payload that goes on with the form; empty when none was. Raises `BotNotReady`.
        """
        url, channel = f"{self._rasa_url}/conversations/{key}/tracker", key.partition(":")[0]
        try:
            parsed = [await self._parse(line.text) for line in said if line.by == "citizen"]
            async with self._session.get(
                url, params={"include_events": "NONE"}, headers=self._headers, timeout=self._timeout
            ) as response:
                response.raise_for_status()
                back = way_back(await response.json())
            async with self._session.post(
                f"{url}/events",
                headers=self._headers,
                json=events(said, parsed, channel),
                timeout=self._timeout,
            ) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError) as error:
            raise BotNotReady("Rasa could not take a talk") from error
        return back

    async def _parse(self, text: str) -> dict[str, Any]:
        """What is understood of a citizen's words."""
        async with self._session.post(
            f"{self._rasa_url}/model/parse",
            headers=self._headers,
            json={"text": escape(text)},
            timeout=self._timeout,
        ) as response:
            response.raise_for_status()
            parsed: dict[str, Any] = await response.json()
            return parsed

    async def _both_answer(self) -> bool:
        answers = await asyncio.gather(
            self._answers(f"{self._rasa_url}/status"), self._answers(f"{self._actions_url}/health")
        )
        if not all(answers):
            self._not_ready_until = time.monotonic() + _PROBE_EVERY
        return all(answers)

    async def _answers(self, url: str) -> bool:
        try:
            async with self._session.get(url, headers=self._headers, timeout=self._probe) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return False


def escape(text: str) -> str:
    """Free text as Rasa may read it: a leading `/`, or many with blanks between, names no intent."""
    return _COMMAND.sub("", text).strip() or "?"


def merge(items: list[dict[str, Any]]) -> Reply:
    """One `Reply` from the items of Rasa's REST channel.

    Messages are joined in order; outcome, intent, candidates and wishes are those of the last action
    that stated them, and a form that asks on after an answer leaves the answer's outcome. Plain `text`
    items (a response written in the domain) are taken as they are.
    Raises `BotFailed` when an item cannot be understood.
    """
    messages: list[Outbound] = []
    last: Reply | None = None
    for item in items:
        if "custom" in item:
            try:
                part = Reply.model_validate(item["custom"]["sotong"])
            except (KeyError, TypeError, ValidationError) as error:
                raise BotFailed("an action's reply has the wrong form") from error
            messages += part.messages
            if last is not None:
                part = part.model_copy(
                    update={
                        "outcome": last.outcome if part.outcome == Outcome.ASKED_BACK else part.outcome,
                        "candidates": part.candidates or last.candidates,
                        "handoff": part.handoff or last.handoff,
                        "erase": part.erase or last.erase,
                    }
                )
            last = part
        elif item.get("text"):
            messages.append(Outbound(text=item["text"]))
    if last is None:
        last = Reply(messages=(), outcome=Outcome.CHATTED)
    if not messages and not last.handoff:
        raise BotFailed("Rasa answered without a message")
    return last.model_copy(update={"messages": tuple(messages)})
