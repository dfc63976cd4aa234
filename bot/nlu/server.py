"""One Rasa server with one model: Rasa's HTTP API and REST channel on a socket that outlives it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Set, Union

import uvloop
from rasa.core.agent import Agent
from rasa.core.brokers.broker import EventBroker
from rasa.core.lock_store import LockStore
from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.core.run import close_resources, configure_app, create_http_input_channels
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import HTTPResponse, Request

from bot.inner_door import lock
from bot.nlu.as_written import read_as_written
from bot.nlu.numbers import RasaWatch, tell
from bot.nlu.processor import FlatProcessor
from bot.nlu.remote import ActionServer
from bot.nlu.routes import close_models
from bot.nlu.signature import Keys

_LEAVE_WITHIN = 20
"""Seconds a client has for the last request on an open connection; aiohttp closes idle ones after 15."""
_FINISH_WITHIN = 10
"""Seconds a request in work has when everything stops."""
_BACKLOG = 100


@dataclass(frozen=True)
class Door:
    """How a server is reached: what `rasa run` takes from its command line."""

    endpoints: Path
    credentials: Path
    keys: Keys
    """Whose models are loaded."""
    token: str
    """What whoever asks has to show (`bot.inner_door`)."""
    response_timeout: int = 60


class _SafeStore(FailSafeTrackerStore):
    """Rasa's wrapper of a store, for conversations as that store makes them."""

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """An empty conversation."""
        return self._tracker_store.init_tracker(sender_id)


class FlatAgent(Agent):
    """Rasa's agent with our processor; it loads what our trainers have signed."""

    def __init__(self, keys: Keys, watch: RasaWatch, **parts: Any) -> None:
        super().__init__(**parts)
        self._keys = keys
        self._watch = watch

    @staticmethod
    def _create_tracker_store(store: TrackerStore, domain: Domain) -> TrackerStore:
        store.domain = domain
        return _SafeStore(store)

    def load_model(self, model_path: Union[str, Path], fingerprint: Optional[str] = None) -> None:
        """Load a model file. Raises `Unsigned`, and what Rasa raises for one it cannot use."""
        with self._keys.checked(Path(model_path)) as copy:
            self.processor = FlatProcessor(
                self._watch,
                model_path=copy,
                tracker_store=self.tracker_store,
                lock_store=self.lock_store,
                action_endpoint=self.action_endpoint,
                generator=self.nlg,
                http_interpreter=self.http_interpreter,
            )
        self.domain = self.tracker_store.domain = self.processor.domain
        self._set_fingerprint(fingerprint)
        if isinstance(self.nlg, TemplatedNaturalLanguageGenerator):
            self.nlg.responses = self.domain.responses


async def load(model: Path, endpoints: AvailableEndpoints, keys: Keys, watch: RasaWatch) -> Agent:
    """The agent with a model, tried on a message. Raises `Unsigned`, and what Rasa raises for others."""
    read_as_written()
    broker = await EventBroker.create(endpoints.event_broker, loop=asyncio.get_running_loop())
    agent = FlatAgent(
        keys,
        watch,
        generator=endpoints.nlg,
        tracker_store=TrackerStore.create(endpoints.tracker_store, event_broker=broker),
        lock_store=LockStore.create(endpoints.lock_store),
        action_endpoint=ActionServer.at(endpoints.action, watch.calls),
    )
    agent.load_model(model)
    await agent.parse_message("안녕하세요")
    return agent


def serve(listener: socket.socket, model: Path, door: Door, ready: Optional[int] = None) -> None:
    """Answer on `listener` until SIGTERM (finish and go) or SIGUSR1 (leave the clients to a successor).

    Writes to the file descriptor `ready` once the model is loaded, has been tried and answers. Raises
    `Unsigned`, and what Rasa raises for a model it cannot use.
    """
    uvloop.install()
    asyncio.run(_serve(listener, model, door, ready))


async def _serve(listener: socket.socket, model: Path, door: Door, ready: Optional[int]) -> None:
    leave, stop = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, leave.set)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    endpoints = AvailableEndpoints.read_endpoints(str(door.endpoints))
    app = configure_app(
        create_http_input_channels(None, str(door.credentials)),
        endpoints=endpoints,
        response_timeout=door.response_timeout,
    )
    lock(app, door.token)
    close_models(app)
    watch = RasaWatch(os.environ, endpoints.action.url if endpoints.action else "")
    tell(app, watch)
    app.ctx.agent = await load(model, endpoints, door.keys, watch)
    gc.collect()
    gc.freeze()  # the model is here to stay: collecting garbage need not look at it

    async def part(request: Request, _: HTTPResponse) -> None:
        if leave.is_set() or stop.is_set():
            request.stream.keep_alive = False  # the client's next message goes to the successor

    app.register_middleware(part, "response")
    server = await app.create_server(
        sock=listener,
        access_log=False,
        return_asyncio_server=True,
        backlog=_BACKLOG,
        asyncio_server_kwargs={"start_serving": False},
    )
    await server.startup()
    await server.before_start()
    await server.start_serving()
    await server.after_start()
    if ready is not None:
        os.write(ready, b"1")
        os.close(ready)
    await _first(leave, stop)
    server.close()
    await _emptied(server.connections, stop, _LEAVE_WITHIN if leave.is_set() else 0)
    await server.before_stop()
    for connection in list(server.connections):
        connection.close_if_idle()
    await _emptied(server.connections, None, _FINISH_WITHIN)
    await server.after_stop()
    if isinstance(app.ctx.agent.action_endpoint, ActionServer):
        await app.ctx.agent.action_endpoint.close()
    watch.tracing.close()
    await close_resources(app, loop)


async def _first(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()


async def _emptied(connections: Set[Any], stop: Optional[asyncio.Event], seconds: float) -> None:
    """Until the clients are gone, everything stops, or time is up."""
    end = asyncio.get_running_loop().time() + seconds
    while connections and asyncio.get_running_loop().time() < end and not (stop and stop.is_set()):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
