"""KakaoTalk channel chatbot: a skill server (SkillPayload in, SkillResponse 2.0 out) with callback.

Facts: kakaobusiness.gitbook.io, "스킬 만들기", "응답 타입별 JSON 포맷", "AI 챗봇 콜백 개발 가이드": the
answer within 5 s, at most 3 outputs and 10 quick replies, simple text 1000 characters, text card 400 with 3
buttons, label 14, callback once within a minute. From memory, not from the guide: the label of a quick reply
(14, as of buttons), pictures and videos in `userRequest.params.media`, the name of the welcome block.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.channel import (
    BadPayload,
    BadSignature,
    BodyChannel,
    Capabilities,
    Delivery,
    DeliveryError,
    WireAnswer,
    WireRequest,
)
from bot.fit import fit
from bot.messages import START, Attachment, AttachmentKind, Inbound, Notice, Outbound, utc_now
from connectors.api import Answer, Api
from connectors.kakao_reply import EXTRA, MAX_TEXT, OUTPUTS, SHARE, response, wires
from connectors.media import Media
from connectors.unsigned import at, name_of, read, request_id, verify_secret

_WELCOME = "웰컴 블록"
"""The block that KakaoTalk runs when a citizen enters the chat."""
_TESTER = "BuilderBotTest"
"""Where the admin centre's own test window stands; it gives callback addresses that do not work."""
_KINDS = {"image": AttachmentKind.PHOTO, "video": AttachmentKind.VIDEO}
_CALLBACK_FOR = timedelta(seconds=55)
"""A callback address is good for a minute."""
_WRONG_CONTENT = ("Invalid json response", "Invalid skill-json format")
_PLATFORM_FAULT = "Internal server error"


class Kakao(BodyChannel):
    """The channel. `callback_url` is what callback addresses must begin with: others are never called."""

    name = "kakao"
    capabilities = Capabilities(
        max_text=MAX_TEXT,
        max_buttons=OUTPUTS * SHARE,
        max_label=14,
        max_payload_bytes=1000,
        cards=False,
        images=True,
        typing=False,
        can_push=False,
        reply_within=10.0,
        text_unit="utf16",
        batch=OUTPUTS,
        body_within=3.5,
    )

    def __init__(
        self,
        api: Api,
        secret: str,
        bot_id: str,
        callback_url: str,
        media: Media,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._api = api
        self._secret = secret
        self._bot_id = bot_id
        self._callback_url = callback_url.rstrip("/") + "/"
        self._media = media
        self._clock = clock
        self._used: dict[str, datetime] = {}

    def verify(self, request: WireRequest) -> None:
        """Raise `BadSignature` unless the address has our secret and the bot, where we know it, is ours."""
        verify_secret(self._secret, request)
        if not self._bot_id:
            return
        try:
            given = at(read(request), "bot", "id")
        except BadPayload:
            return  # parse says what is wrong with it
        # The development channel's id ends in "!".
        if not isinstance(given, str) or not hmac.compare_digest(
            given.removesuffix("!").encode("utf-8", "replace"), self._bot_id.encode()
        ):
            raise BadSignature("bot.id is not that of our bot")

    def parse(self, request: WireRequest) -> Sequence[Inbound | Notice]:
        """What the citizen said or tapped. Raises `BadPayload`.

        KakaoTalk numbers nothing: X-Request-Id, else the callback address, tells requests apart. What was
        said counts too, for X-Request-Id is not documented and might be that of a dialogue.
        """
        data = read(request)
        user_id = name_of(data, "userRequest", "user", "id")
        said = at(data, "userRequest", "utterance")
        if not isinstance(said, str):
            raise BadPayload("userRequest.utterance: must be a text")
        number = request.headers.get("x-request-id") or at(data, "userRequest", "callbackUrl")
        attachments = tuple(_attachments(data))
        text = "" if said.strip() in {media.ref for media in attachments} else said.strip()
        tapped = at(data, "action", "clientExtra", EXTRA)
        marks = (number, user_id, said, str(tapped)) if isinstance(number, str) and number else ()
        if at(data, "userRequest", "block", "name") == _WELCOME:
            text, attachments = START, ()
        elif not text and not attachments:
            attachments = (Attachment(kind=AttachmentKind.OTHER),)
        return [
            Inbound(
                channel=self.name,
                user_id=user_id,
                message_id=request_id(request, *marks),
                sent_at=request.received_at,
                text=text,
                payload=tapped if isinstance(tapped, str) else None,
                attachments=attachments,
                reply_to=self._callback(data),
            )
        ]

    def render(self, message: Outbound) -> list[dict[str, Any]]:
        """Each brings one output and at most three quick replies, so that any three make one response."""
        return wires(message)

    def body(self, wires: Sequence[dict[str, Any]]) -> WireAnswer:
        """A SkillResponse of at most three rendered messages.

        With none its outputs are empty: seen in use to say nothing, not in the guide.
        """
        return _answer(response(wires))

    def waiting(self, request: WireRequest, message: Outbound) -> WireAnswer:
        """A promise to call back where KakaoTalk lets us, else the message with its button."""
        if self._callback(read(request)):
            return _answer({"version": "2.0", "useCallback": True, "data": {"text": message.text}})
        parts = [wire for part in fit(message, self.capabilities) for wire in self.render(part)]
        return self.body(parts[-OUTPUTS:])

    async def send(self, delivery: Delivery, wires: Sequence[dict[str, Any]]) -> str:
        """Call back, once, within 55 s of the citizen's message; the id is KakaoTalk's `taskId`.

        Raises `DeliveryError`: later, where there is no callback, or none any more.
        """
        url, now = delivery.reply_to, self._clock()
        self._used = {old: when for old, when in self._used.items() if now - when < 2 * _CALLBACK_FOR}
        if not url.startswith(self._callback_url) or url in self._used:
            raise DeliveryError("no callback to answer by", later=True)
        if delivery.heard_at is None or now - delivery.heard_at >= _CALLBACK_FOR:
            raise DeliveryError("the callback's minute is over", later=True)
        try:
            answer = await self._api.post(url, response(wires))
            task_id = _task_id(answer)
        except DeliveryError as error:
            if error.ambiguous:
                self._used[url] = now
            raise
        self._used[url] = now
        return task_id

    async def fetch(self, ref: str) -> bytes:
        """A picture or video by the address that KakaoTalk gave. Raises `MediaError`."""
        return await self._media.get(ref)

    def _callback(self, data: dict[str, Any]) -> str:
        """The address for a late answer; empty where there is none that we may, or can, call."""
        url = at(data, "userRequest", "callbackUrl")
        if not isinstance(url, str) or not url.startswith(self._callback_url):
            return ""
        return "" if at(data, "userRequest", "params", "surface") == _TESTER else url


def _attachments(data: dict[str, Any]) -> Iterator[Attachment]:
    media = at(data, "userRequest", "params", "media")
    if isinstance(media, dict):
        kind, url = media.get("type"), media.get("url")
        found = _KINDS.get(kind) if isinstance(kind, str) else None
        yield Attachment(kind=found or AttachmentKind.OTHER, ref=url if isinstance(url, str) else "")


def _answer(skill_response: dict[str, Any]) -> WireAnswer:
    return WireAnswer(json.dumps(skill_response).encode(), "application/json")


def _task_id(answer: Answer) -> str:
    """What the answer to a callback means (table of the callback guide)."""
    answer.raise_for_limit()
    if answer.status == 200 and not answer.json:
        raise DeliveryError("an answer nobody can read", ambiguous=True)
    message = str(answer.json.get("message", ""))
    if answer.json.get("status") == "SUCCESS":
        return str(answer.json.get("taskId", ""))
    if message.startswith(_PLATFORM_FAULT):
        raise DeliveryError(_PLATFORM_FAULT)
    for fault in _WRONG_CONTENT:
        if message.startswith(fault):
            raise DeliveryError(fault, permanent=True)
    raise DeliveryError("the callback was refused", later=True)
