"""What is said on KakaoTalk: outputs and quick replies of a SkillResponse (limits: `connectors.kakao`)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from bot.fit import split
from bot.messages import Button, Outbound

EXTRA = "button"
"""Under this name a button's short id travels in `extra` and comes back in `clientExtra`."""
OUTPUTS = 3
"""Most outputs of a response."""
SHARE = 3
"""Quick replies that one output may bring, so that ten in a response are never exceeded."""
MAX_TEXT = 1000
_IN_CARD, _CARD_TEXT, _ALT_TEXT = 3, 400, 50


def wires(message: Outbound) -> list[dict[str, Any]]:
    """Each has at most one `output` and three `quickReplies`; any three make one response.

    Addresses go on text cards. What has only quick replies left to bring has an output, `alone`, for the
    case that no other is there.
    """
    outputs = list(_outputs(message))
    replies = [_quick_reply(button) for button in message.buttons if button.payload is not None]
    found: list[dict[str, Any]] = [{"output": output} for output in outputs]
    groups = [replies[start : start + SHARE] for start in range(0, len(replies), SHARE)]
    if found and groups:
        found[-1]["quickReplies"] = groups.pop(0)
    for group in groups:
        labels = " · ".join(reply["label"] for reply in group)
        found.append({"alone": _simple_text(labels), "quickReplies": group})
    return found


def response(rendered: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The SkillResponse of at most three of `wires`."""
    outputs = [wire["output"] for wire in rendered if "output" in wire]
    template: dict[str, Any] = {"outputs": outputs or [wire["alone"] for wire in rendered[-1:]]}
    if replies := [reply for wire in rendered for reply in wire.get("quickReplies", ())]:
        template["quickReplies"] = replies
    return {"version": "2.0", "template": template}


def _outputs(message: Outbound) -> Iterator[dict[str, Any]]:
    """Text, text cards with the addresses, picture. The last part of the text stands on the first card."""
    addresses = [button for button in message.buttons if button.url is not None]
    text = "\n".join(filter(None, (message.text, *_numbers(message.text, addresses)))).strip()
    on_card = list(split(text, _CARD_TEXT, "utf16"))[-1:] if addresses else []
    for piece in split(text.removesuffix("".join(on_card)), MAX_TEXT, "utf16"):
        yield _simple_text(piece)
    for start in range(0, len(addresses), _IN_CARD):
        group = addresses[start : start + _IN_CARD]
        description = on_card.pop() if on_card else " · ".join(button.label for button in group)
        buttons = [_card_button(button) for button in group]
        yield {"textCard": {"description": description, "buttons": buttons, "buttonLayout": "vertical"}}
    if message.image_url:
        image = {"imageUrl": message.image_url}
        if message.text:
            image["altText"] = textwrap.shorten(message.text, _ALT_TEXT, placeholder="…")
        yield {"simpleImage": image}


def _numbers(text: str, addresses: Sequence[Button]) -> Iterator[str]:
    """Telephone numbers in words too: KakaoTalk on a computer hides buttons that dial."""
    for button in addresses:
        number = _number(button)
        if number and number not in text:
            yield f"{button.label}: {number}"


def _number(button: Button) -> str:
    url = button.url or ""
    return url.removeprefix("tel:") if url.startswith("tel:") else ""


def _card_button(button: Button) -> dict[str, str]:
    if number := _number(button):
        return {"action": "phone", "label": button.label, "phoneNumber": number}
    return {"action": "webLink", "label": button.label, "webLinkUrl": button.url or ""}


def _quick_reply(button: Button) -> dict[str, Any]:
    return {
        "action": "message",
        "label": button.label,
        "messageText": button.label,
        "extra": {EXTRA: button.payload},
    }


def _simple_text(text: str) -> dict[str, Any]:
    return {"simpleText": {"text": text}}
