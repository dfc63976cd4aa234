"""Other agencies' installations: they bring their citizens' questions and get our replies.

To us a question is a conversation like any other: the bot answers it, and what the bot cannot answer waits
for an operator. Both directions are letters (`bot.agencies.letters`); the protocol is `docs/agencies.md`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, StringConstraints, ValidationError

from bot.agencies.directory import BadEntry, Signed
from bot.agencies.keys import OwnKey
from bot.agencies.letters import BadLetter, sealed, sender
from bot.agencies.peers import Known
from bot.channel import BadPayload, BadSignature, Capabilities, Channel, Delivery, DeliveryError, WireRequest
from bot.messages import Inbound, Notice, Outbound
from connectors.api import Api
from connectors.faults import fault

_Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{36}$")]


class _Question(BaseModel):
    """What the other installation posts."""

    kind: Literal["question"]
    id: _Id
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


@dataclass(frozen=True)
class Post:
    """Sends letters in our name. `trusted` gives the agencies that we trust."""

    api: Api
    key: OwnKey
    own: str
    trusted: Callable[[], Mapping[str, Known]]
    now: Callable[[], datetime]

    async def send(self, to: str, path: str, content: dict[str, Any], once: str) -> dict[str, Any]:
        """Post a letter and give the answer's JSON; `once` is an id by which the other side knows it again.

        Raises `DeliveryError`.
        """
        known = self.trusted().get(to)
        if known is None:
            raise DeliveryError(f"{to} is nobody we trust", permanent=True)
        body = json.dumps(content, ensure_ascii=False).encode()
        headers = sealed(self.key, self.own, to, body, self.now()) | {"Idempotency-Key": once}
        answer = await self.api.post(f"{known.entry.url.rstrip('/')}{path}", body, headers)
        answer.raise_for_limit()
        if not 200 <= answer.status < 300:
            raise DeliveryError(f"HTTP {answer.status}", permanent=answer.status not in (401, 408, 425))
        return answer.json


class Agency(Channel):
    """The channel by which questions come; who asked stays with the other agency."""

    name = "agency"
    own_notice = True
    capabilities = Capabilities(
        max_text=10_000,
        max_buttons=0,
        max_label=100,
        max_payload_bytes=0,
        cards=True,
        images=False,
        typing=False,
        can_push=True,
        reply_within=30.0,
        batch=10,
        resend=True,
        converses=False,
    )

    def __init__(self, post: Post) -> None:
        self._post = post

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless an agency that we trust wrote this to us."""
        self._sender(request)

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """The question in a letter. Raises `BadPayload`."""
        try:
            question = _Question.model_validate_json(request.body)
        except ValidationError as error:
            raise BadPayload(fault(error)) from error
        agency = request.headers.get("x-sotong-agency", "")
        return [
            Inbound(
                channel=self.name,
                user_id=f"{agency}/{question.id}",
                message_id=f"{agency}/{question.id}",
                sent_at=request.received_at,
                text=question.text,
            )
        ]

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """The message as it is; the other installation shows it in its citizen's messenger."""
        return [message.model_dump(mode="json", exclude_none=True)]

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Post a reply to the agency that asked. Raises `DeliveryError`."""
        agency, _, question = delivery.user_id.partition("/")
        reply = {"kind": "reply", "id": delivery.key, "question": question, "messages": list(wires)}
        await self._post.send(agency, "/agencies/v1/replies", reply, delivery.key)
        return delivery.key

    def _sender(self, request: WireRequest) -> str:
        keys = {agency: known.entry.key for agency, known in self._post.trusted().items()}
        try:
            return sender(request.headers, request.body, self._post.own, keys, self._post.now())
        except BadLetter as error:
            raise BadSignature(str(error)) from error


class AgencyReader:
    """Reads what an installation shows to everybody."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def entry(self, url: str) -> Signed:
        """Its own entry. Raises `DeliveryError`, or `BadEntry` for what is none."""
        return _signed(await self._get(url, "/agencies/v1/entry"))

    async def entries(self, url: str) -> list[Signed]:
        """Those of the agencies it trusts. Raises as above."""
        found = (await self._get(url, "/agencies/v1/entries")).get("entries")
        if not isinstance(found, list):
            raise BadEntry("no list of entries")
        return [_signed(one) for one in found]

    async def _get(self, url: str, path: str) -> dict[str, Any]:
        answer = await self._api.get(f"{url.rstrip('/')}{path}")
        if answer.status != 200:
            raise DeliveryError(f"HTTP {answer.status}")
        return answer.json


def _signed(found: Any) -> Signed:
    try:
        return Signed.model_validate(found)
    except ValidationError as error:
        raise BadEntry(fault(error)) from error
