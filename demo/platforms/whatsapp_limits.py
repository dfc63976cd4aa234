"""What WhatsApp's messages endpoint takes, and how it refuses the rest."""

from __future__ import annotations

from typing import Any

from demo.platforms.platform import Choice


class Refusal(Exception):
    """An error of the Graph API: `code` and text."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        details = {"messaging_product": "whatsapp", "details": message}
        error = {
            "message": f"(#{code}) {message}",
            "type": "OAuthException",
            "code": code,
            "error_data": details,
        }
        self.body: dict[str, Any] = {"error": {**error, "fbtrace_id": "A1"}}


def check(body: dict[str, Any]) -> tuple[str, tuple[Choice, ...]]:
    """What the citizen sees of a message. Raises `Refusal`."""
    if body.get("messaging_product") != "whatsapp" or len(body.get("biz_opaque_callback_data", "")) > 512:
        raise Refusal(131009, "Parameter value is not valid: messaging_product, biz_opaque_callback_data")
    try:
        kind = body["type"]
        if kind == "text":
            return _within(body["text"]["body"], 4096, "text.body"), ()
        if kind == "image":
            return _address(body["image"]["link"]), ()
        if kind != "interactive":
            raise Refusal(131051, "Message type is currently not supported.")
        return _interactive(body["interactive"])
    except (KeyError, TypeError) as error:
        raise Refusal(131008, f"Required parameter is missing: {error}") from error


def _interactive(content: dict[str, Any]) -> tuple[str, tuple[Choice, ...]]:
    text = _within(content["body"]["text"], 1024, "interactive.body.text")
    action = content["action"]
    if content["type"] == "button":
        replies = [button["reply"] for button in action["buttons"] if button["type"] == "reply"]
        choices = _choices("button_reply", replies, most=3, title=20, short=256)
    elif content["type"] == "list":
        _within(action["button"], 20, "action.button")
        if not 1 <= len(action["sections"]) <= 10 or (
            len(action["sections"]) > 1 and not all(section.get("title") for section in action["sections"])
        ):
            raise Refusal(131009, "Parameter value is not valid: sections")
        rows = [row for section in action["sections"] for row in section["rows"]]
        choices = _choices("list_reply", rows, most=10, title=24, short=200)
    elif content["type"] == "cta_url" and action["name"] == "cta_url":
        label = _within(action["parameters"]["display_text"], 20, "display_text")
        choices = (Choice(label, url=_address(action["parameters"]["url"])),)
    else:
        raise Refusal(131009, "Parameter value is not valid: interactive.type")
    return text, choices


def _choices(
    kind: str, replies: list[dict[str, str]], *, most: int, title: int, short: int
) -> tuple[Choice, ...]:
    if not 1 <= len(replies) <= most:
        raise Refusal(131009, f"Parameter value is not valid: 1 to {most} choices")
    for field in ("title", "id"):
        if len({reply[field] for reply in replies}) < len(replies):
            raise Refusal(131009, f"Parameter value is not valid: {field} must be unique")
    for reply in replies:
        _within(reply["title"], title, "title")
        _within(reply["id"], short, "id")
    return tuple(Choice(reply["title"], (kind, reply["id"])) for reply in replies)


def _within(text: str, most: int, name: str) -> str:
    if not text.strip() or len(text) > most:
        raise Refusal(131009, f"Parameter value is not valid: {name} must have 1 to {most} characters")
    return text


def _address(url: str) -> str:
    if not url.startswith("https://"):
        raise Refusal(131009, "Parameter value is not valid: an address must begin with https://")
    return url
