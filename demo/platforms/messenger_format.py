"""The messages that Meta's Send API takes on Messenger and Instagram, with its limits."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from demo.platforms.platform import Choice

_Title = Annotated[str, Field(min_length=1, max_length=20)]
_Payload = Annotated[str, Field(min_length=1, max_length=1000)]
_Url = Annotated[str, Field(pattern=r"^https?://")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _WebUrl(_Strict):
    type: Literal["web_url"]
    title: _Title
    url: _Url
    webview_height_ratio: Literal["compact", "tall", "full"] | None = None


class _Postback(_Strict):
    type: Literal["postback"]
    title: _Title
    payload: _Payload


class _PhoneNumber(_Strict):
    type: Literal["phone_number"]
    title: _Title
    payload: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]


_Button = Annotated[_WebUrl | _Postback | _PhoneNumber, Field(discriminator="type")]
_Buttons = Annotated[list[_Button], Field(min_length=1, max_length=3)]


class _ButtonTemplate(_Strict):
    template_type: Literal["button"]
    text: Annotated[str, Field(min_length=1, max_length=640)]
    buttons: _Buttons


class _Element(_Strict):
    title: Annotated[str, Field(min_length=1, max_length=80)]
    subtitle: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    image_url: _Url | None = None
    buttons: _Buttons | None = None

    @model_validator(mode="after")
    def more_than_a_title(self) -> _Element:
        if self.subtitle is None and self.image_url is None and self.buttons is None:
            raise ValueError("an element needs a property besides its title")
        return self


class _GenericTemplate(_Strict):
    template_type: Literal["generic"]
    elements: Annotated[list[_Element], Field(min_length=1, max_length=10)]


class _Template(_Strict):
    type: Literal["template"]
    payload: Annotated[_ButtonTemplate | _GenericTemplate, Field(discriminator="template_type")]


class _MediaPayload(_Strict):
    url: _Url
    is_reusable: bool = False


class _Media(_Strict):
    type: Literal["image", "video", "audio", "file"]
    payload: _MediaPayload


class _QuickReply(_Strict):
    content_type: Literal["text"]
    title: _Title
    payload: _Payload
    image_url: _Url | None = None


class Message(_Strict):
    """A `message` of the Send API: a text or an attachment."""

    text: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    attachment: Annotated[_Template | _Media, Field(discriminator="type")] | None = None
    quick_replies: Annotated[list[_QuickReply], Field(min_length=1, max_length=13)] | None = None

    @model_validator(mode="after")
    def one_of_two(self) -> Message:
        """Neither both nor none."""
        if (self.text is None) == (self.attachment is None):
            raise ValueError("text or attachment is needed, not both")
        return self


class _Recipient(_Strict):
    id: Annotated[str, Field(min_length=1)]


class SendRequest(_Strict):
    """Body of a call of the Send API."""

    recipient: _Recipient
    messaging_type: Literal["RESPONSE", "UPDATE", "MESSAGE_TAG"] | None = None
    message: Message | None = None
    sender_action: Literal["typing_on", "typing_off", "mark_seen"] | None = None

    @model_validator(mode="after")
    def one_of_two(self) -> SendRequest:
        """Neither both nor none."""
        if (self.message is None) == (self.sender_action is None):
            raise ValueError("message or sender_action is needed, not both")
        return self


def buttons(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The buttons of a template."""
    payload = message.get("attachment", {}).get("payload", {})
    parts = [payload, *payload.get("elements", [])]
    return [button for part in parts for button in part.get("buttons", [])]


def seen(message: dict[str, Any]) -> tuple[str, tuple[Choice, ...]]:
    """What a citizen reads and can tap; `Choice.data` is the button."""
    payload = message.get("attachment", {}).get("payload", {})
    texts = [message.get("text"), payload.get("text"), payload.get("url")]
    texts += [part for element in payload.get("elements", []) for part in
              (element["title"], element.get("subtitle"))]  # fmt: skip
    offered = [*buttons(message), *message.get("quick_replies", [])]
    choices = tuple(Choice(item["title"], item, _address(item)) for item in offered)
    return "\n".join(filter(None, texts)), choices


def _address(button: dict[str, Any]) -> str:
    if button.get("type") == "phone_number":
        return f"tel:{button['payload']}"
    return str(button.get("url", ""))
