"""The envelope between the page and the gateway: JSON objects with a `type`, version 1.

From the page: `session.open`, `user.message`, `user.action`, `user.typing`, `ping`.
To the page: `session.ready`, `session.reset`, `ack`, `user.message` (its own words as stored),
`bot.message`, `agent.message`, `notice`, `bot.typing`, `agent.waiting|joined|left`, `error`, `pong`.
Every stored line carries `seq`; the page asks again from the last one it has.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

Frame = dict[str, Any]
ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,40}$")]
"""Made by the page (a UUID or ULID), kept when it sends again: the same id is the same message."""

MAX_FRAME = 16 * 1024
"""Bytes of a WebSocket frame; the page sends longer messages by POST."""
MAX_BODY = 256 * 1024
"""Bytes of a request body."""
MAX_SEQ = 2**31 - 1
"""No conversation has as many lines; what databases take for a line's number."""


class _Received(BaseModel):
    """Unknown keys are ignored: an older server must understand a newer page."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    v: Literal[1] = 1


class SessionOpen(_Received):
    """The first frame: who the visitor is and what they have already seen."""

    type: Literal["session.open"]
    resume_token: str | None = Field(None, max_length=200)
    last_seq: int | None = Field(None, ge=0, le=MAX_SEQ)
    """None: a fresh page, which wants the end of the history."""


class UserMessage(_Received):
    """Typed text, any length: what is too long is the gateway's to answer."""

    type: Literal["user.message"]
    id: ClientId
    ts: AwareDatetime
    text: str


class UserAction(_Received):
    """A tapped button."""

    type: Literal["user.action"]
    id: ClientId
    ts: AwareDatetime
    payload: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    label: Annotated[str, StringConstraints(max_length=200)] = ""


class UserTyping(_Received):
    """The citizen is writing; shown to an operator, kept nowhere."""

    type: Literal["user.typing"]
    on: bool = True


class Ping(_Received):
    """A sign of life, every 25 seconds."""

    type: Literal["ping"]


Received = Annotated[SessionOpen | UserMessage | UserAction | UserTyping | Ping, Field(discriminator="type")]
_ADAPTER: TypeAdapter[SessionOpen | UserMessage | UserAction | UserTyping | Ping] = TypeAdapter(Received)


def read_frame(raw: bytes | str) -> SessionOpen | UserMessage | UserAction | UserTyping | Ping:
    """A frame of the page; raises `pydantic.ValidationError` on anything else."""
    return _ADAPTER.validate_json(raw)


def ready(seq: int, state: str, earlier: bool, resume_token: str | None) -> Frame:
    """The connection works. `resume_token` only when it is new, `earlier`: older lines can be asked for."""
    frame = {"v": 1, "type": "session.ready", "seq": seq, "state": state, "earlier": earlier}
    return {**frame, "resume_token": resume_token} if resume_token else frame


def ack(client_id: str, fresh: bool) -> Frame:
    """The message is stored; `fresh` is false when it already was."""
    return {"v": 1, "type": "ack", "id": client_id, "fresh": fresh}


def error(
    code: str,
    message: str,
    *,
    retryable: bool = False,
    client_id: str | None = None,
    retry_after: float | None = None,
) -> Frame:
    """Something was not done; `message` says to the citizen what and what now."""
    frame: Frame = {"v": 1, "type": "error", "code": code, "retryable": retryable, "message": message}
    if client_id:
        frame["id"] = client_id
    if retry_after is not None:
        frame["retry_after"] = round(retry_after, 1)
    return frame
