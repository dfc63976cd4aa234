"""KakaoTalk: a bot whose blocks call our skill, wait 5 s for its answer, and take a callback once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import web
from pydantic import ValidationError

from demo.platforms.kakao_format import CardButton, Output, QuickReply, SkillResponse
from demo.platforms.platform import Choice, Deeds, Platform, Shown, Trouble, Webhook

BLOCK = {"id": "66f0aaaa0000000000000001", "name": "폴백 블록"}
WELCOME = {"id": "66f0aaaa0000000000000009", "name": "웰컴 블록"}
_MINUTE = 60.0
_INVALID_TOKEN = "Invalid callback token. Check your callback token."  # noqa: S105 - a message
_NOT_PROMISED = "The skill server settings are incorrect. Use callback true setting required."
_INVALID_JSON = "Invalid json response from bot-skill."


@dataclass
class _Token:
    user_id: str
    made: float = field(default_factory=time.monotonic)
    promised: asyncio.Event = field(default_factory=asyncio.Event)
    used: bool = False


class KakaoPlatform(Platform):
    """The stand-in of KakaoTalk. `callbacks`: whether the block allows them, as AI chatbots' blocks do."""

    name = "kakao"
    patience = 5.0
    deeds: ClassVar[Deeds] = {
        "photo": {"media": {"type": "image", "url": "https://talk.kakaocdn.example/p/abc.jpg"}},
        "video": {"media": {"type": "video", "url": "https://talk.kakaocdn.example/v/abc.mp4"}},
        "follow": {},
    }
    """Parameters of the request. A citizen who opens the chat runs the welcome block."""

    def __init__(
        self, bot_url: str, credentials: Mapping[str, str], port: int = 0, *, callbacks: bool = True
    ) -> None:
        super().__init__(bot_url, credentials, port)
        self.callbacks = callbacks
        self._tokens: dict[str, _Token] = {}

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in."""
        return {"kakao_callback_url": f"{self.url}/", "kakao_media_hosts": self.url}

    def add_routes(self, app: web.Application) -> None:
        """The callback."""
        app.add_routes([web.post("/v1/callback/{token}", self._call_back)])

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """A block with a skill was run by what a citizen typed."""
        return self._run(user_id, text, message_id, "TEXT_INPUT", None)

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo; its address is what the citizen seems to have said."""
        url = f"{self.url}/files/{self.keep(content)}"
        return self._run(
            user_id, url, message_id, "TEXT_INPUT", None, {"media": {"type": "image", "url": url}}
        )

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """A quick reply or a card's button was tapped; `data` is its message and its `extra`."""
        data = choice.data or {"messageText": choice.label, "extra": None}
        return self._run(user_id, data["messageText"], message_id, "QUICKREPLY_BUTTON_MESSAGE", data["extra"])

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """A picture or film is what a citizen said, by its address."""
        params = self.deeds[kind]
        text = str(params["media"]["url"]) if params else "웰컴"
        return self._run(user_id, text, message_id, "TEXT_INPUT", None, params, BLOCK if params else WELCOME)

    def answered(self, webhook: Webhook, status: int, body: bytes) -> None:
        """Show the skill's answer; one that the guide does not allow is noted in `refused` instead."""
        request = json.loads(webhook.body)["userRequest"]
        if status != 200:
            self.refused.append(f"HTTP {status}")
            return
        try:
            response = SkillResponse.model_validate_json(body)
        except ValidationError as error:
            self.refused.append(str(error))
            return
        if response.useCallback:
            token = self._tokens.get(request.get("callbackUrl", "").rpartition("/")[2])
            if token is None:
                self.refused.append("useCallback without a callbackUrl")
                return
            said = str(response.data.get("text", ""))
            self.show(Shown(token.user_id, said, wire=json.loads(body), unfinished=True))
            token.promised.set()
        else:
            self._show(request["user"]["id"], response)

    def _run(
        self,
        user_id: str,
        text: str,
        message_id: str,
        trigger: str,
        extra: Any,
        params: Mapping[str, Any] | None = None,
        block: Mapping[str, str] = BLOCK,
    ) -> Webhook:
        properties = {"botUserKey": user_id, "plusfriendUserKey": f"pf{user_id}", "isFriend": True}
        request: dict[str, Any] = {
            "timezone": "Asia/Seoul",
            "lang": "ko",
            "utterance": text,
            "params": {"surface": "Kakaotalk.plusfriend", **(params or {})},
            "block": block,
            "user": {"id": user_id, "type": "botUserKey", "properties": properties},
        }
        if self.callbacks:
            token = secrets.token_hex(16)
            self._tokens[token] = _Token(user_id)
            request["callbackUrl"] = f"{self.url}/v1/callback/{token}"
        payload = {
            "bot": {"id": self.credentials.get("kakao_bot_id", ""), "name": "한빛시 민원 도우미"},
            "intent": {**block, "extra": {"reason": {"code": 1, "message": "OK"}}},
            "action": {
                "id": "66f0bbbb0000000000000002",
                "name": "민원 안내 스킬",
                "params": {},
                "detailParams": {},
                "clientExtra": extra,
            },
            "userRequest": request,
            "contexts": [],
            "flow": {"trigger": {"type": trigger, "referrerBlock": BLOCK}, "lastBlock": BLOCK},
        }
        headers = {"Content-Type": "application/json; charset=UTF-8", "X-Request-Id": message_id}
        body = json.dumps(payload, ensure_ascii=False).encode()
        return Webhook(f"/webhooks/kakao/{self.credentials['kakao_secret']}", body, headers)

    async def _call_back(self, request: web.Request) -> web.Response:
        body = await request.read()  # before a delay: the bot may hang up meanwhile
        trouble = await self.trouble() or Trouble()
        spoiled = trouble.status != 200 or bool(trouble.body)
        fault = ""
        if trouble.taken or not spoiled:
            fault = await self._take(request.match_info["token"], body)
        if spoiled:
            return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)
        outcome = {"status": "FAIL", "message": fault} if fault else {"status": "SUCCESS", "message": ""}
        stamp = int(time.time() * 1000)
        return web.json_response({"taskId": secrets.token_hex(16), **outcome, "timestamp": stamp})

    async def _take(self, name: str, body: bytes) -> str:
        """Show what a callback brings; else what KakaoTalk says is wrong with it."""
        token = self._tokens.get(name)
        if token is None or token.used or time.monotonic() - token.made > _MINUTE:
            return _INVALID_TOKEN
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(token.promised.wait(), 1.0)
        if not token.promised.is_set():
            self.refused.append(_NOT_PROMISED)
            return _NOT_PROMISED
        try:
            response = SkillResponse.model_validate_json(body)
        except ValidationError as error:
            self.refused.append(str(error))
            return _INVALID_JSON
        token.used = True
        self._show(token.user_id, response)
        return ""

    def _show(self, user_id: str, response: SkillResponse) -> None:
        template = response.template
        if template is None:
            return
        last = len(template.outputs) - 1
        for number, output in enumerate(template.outputs):
            text, choices = _seen(output)
            if number == last:
                choices += [_choice(reply) for reply in template.quickReplies]
            self.show(Shown(user_id, text, tuple(choices), wire=output.model_dump(exclude_none=True)))


def _seen(output: Output) -> tuple[str, list[Choice]]:
    if output.simpleText is not None:
        return output.simpleText.text, []
    if output.textCard is not None:
        card = output.textCard
        text = "\n".join(filter(None, (card.title, card.description)))
        return text, [_choice(button) for button in card.buttons]
    return (output.simpleImage.imageUrl if output.simpleImage else ""), []


def _choice(button: CardButton | QuickReply) -> Choice:
    if isinstance(button, CardButton) and button.action == "webLink":
        return Choice(button.label, url=button.webLinkUrl or "")
    if isinstance(button, CardButton) and button.action == "phone":
        return Choice(button.label, url=f"tel:{button.phoneNumber}")
    return Choice(button.label, {"messageText": button.messageText, "extra": button.extra})
