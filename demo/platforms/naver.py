"""Naver TalkTalk: events to the webhook, one message in its response, others by the Send API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web
from pydantic import ValidationError

from demo.platforms.naver_format import Event, ListButton
from demo.platforms.platform import Choice, Deeds, Platform, Shown, Trouble, Webhook


class NaverPlatform(Platform):
    """The stand-in of Naver TalkTalk. Its events have no ids, and none is brought twice."""

    name = "naver"
    patience = 5.0
    deeds: ClassVar[Deeds] = {
        "photo": {"event": "send", "imageContent": {"imageUrl": "https://talk-phinf.example/abc.jpg"}},
        "sticker": {"event": "send", "textContent": {"text": "sticker_01", "inputType": "sticker"}},
        "contact": {
            "event": "send",
            "textContent": {"text": "050712345678,2026-04-25", "inputType": "vphone"},
        },
        "follow": {"event": "open", "options": {"inflow": "button", "friend": False, "unreadMessage": False}},
        "block": {"event": "leave"},
    }

    def __init__(self, bot_url: str, credentials: Mapping[str, str], port: int = 0) -> None:
        super().__init__(bot_url, credentials, port)
        self.typed: list[str] = []
        """To whom the typing indicator was shown."""

    @property
    def settings(self) -> dict[str, str]:
        """Where the bot finds this stand-in."""
        return {"naver_api_url": self.url, "naver_media_hosts": self.url}

    def add_routes(self, app: web.Application) -> None:
        """The Send API."""
        app.add_routes([web.post("/chatbot/v1/event", self._event)])

    def message(self, user_id: str, text: str, message_id: str) -> Webhook:
        """A citizen typed something."""
        content = {"text": text, "inputType": "typing"}
        return self.brought({"event": "send", "user": user_id, "textContent": content})

    def tap(self, user_id: str, choice: Choice, message_id: str) -> Webhook:
        """A citizen tapped a button that has a code."""
        content = {"text": choice.label, "code": choice.data, "inputType": "button"}
        return self.brought({"event": "send", "user": user_id, "textContent": content})

    def deed(self, user_id: str, kind: str, message_id: str) -> Webhook:
        """An event of its own."""
        return self.brought({"user": user_id, **self.deeds[kind]})

    def photo(self, user_id: str, content: bytes, message_id: str) -> Webhook:
        """A photo."""
        image = {"imageUrl": f"{self.url}/files/{self.keep(content)}"}
        return self.brought({"event": "send", "user": user_id, "imageContent": image})

    def brought(self, event: dict[str, Any]) -> Webhook:
        """Any event, as Naver brings it."""
        body = json.dumps({"options": {"mobile": True}, **event}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json;charset=UTF-8"}
        return Webhook(f"/webhooks/naver/{self.credentials['naver_secret']}", body, headers)

    def answered(self, webhook: Webhook, status: int, body: bytes) -> None:
        """Show the message in the bot's response, if there is one and it keeps the rules."""
        if status != 200:
            self.refused.append(f"HTTP {status}")
        elif body.strip():
            try:
                event = Event.model_validate_json(body)
            except ValidationError as error:
                self.refused.append(str(error))
            else:
                self._show(json.loads(webhook.body)["user"], event)

    async def _event(self, request: web.Request) -> web.Response:
        body = await request.read()  # before a delay: the bot may hang up meanwhile
        trouble = await self.trouble() or Trouble()
        spoiled = trouble.status != 200 or bool(trouble.body)
        code, fault = "00", ""
        if trouble.taken or not spoiled:
            code, fault = self._take(request.headers.get("Authorization", ""), body)
        if spoiled:
            return web.json_response(trouble.body, status=trouble.status, headers=trouble.headers)
        result = {"success": code == "00", "resultCode": code}
        return web.json_response(result | ({"resultMessage": fault} if fault else {}))

    def _take(self, authorization: str, body: bytes) -> tuple[str, str]:
        """Show what the bot sends; the result code and, unless it is "00", what is wrong."""
        if authorization != self.credentials["naver_authorization"]:
            return "01", "Authorization is wrong"
        try:
            event = Event.model_validate_json(body)
        except ValidationError as error:
            self.refused.append(str(error))
            return "02", "JSON parse error or a required value is missing"
        if event.user is None:
            return "02", "user is missing"
        if event.event == "action":
            self.typed.append(event.user)
        else:
            self._show(event.user, event)
        return "00", ""

    def _show(self, user_id: str, event: Event) -> None:
        text, buttons = _seen(event)
        content = event.textContent or event.imageContent or event.compositeContent
        if content is not None and content.quickReply is not None:
            buttons = [*buttons, *content.quickReply.buttonList]
        choices = tuple(_choice(button) for button in buttons)
        self.show(Shown(user_id, text, choices, wire=event.model_dump(exclude_none=True)))


def _seen(event: Event) -> tuple[str, list[ListButton]]:
    if event.textContent is not None:
        return event.textContent.text, []
    if event.compositeContent is not None:
        cards = event.compositeContent.compositeList
        text = "\n".join(filter(None, (part for card in cards for part in (card.title, card.description))))
        return text, [button for card in cards for button in card.buttonList or ()]
    return (event.imageContent.imageUrl or "" if event.imageContent else ""), []


def _choice(button: ListButton) -> Choice:
    return Choice(button.data.title, button.data.code, button.data.mobileUrl or "")
