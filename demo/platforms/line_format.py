"""The messages that LINE's Messaging API takes, with its limits (`messaging-api.yml` and the reference)."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import regex  # type: ignore[import-untyped]
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from demo.platforms.platform import Choice


def _units(most: int) -> AfterValidator:
    """At most so many UTF-16 code units, and one at least."""

    def check(text: str) -> str:
        if not 0 < len(text.encode("utf-16-le")) // 2 <= most:
            raise ValueError(f"Length must be between 1 and {most}")
        return text

    return AfterValidator(check)


def _graphemes(most: int) -> AfterValidator:
    def check(text: str) -> str:
        if not 0 < len(regex.findall(r"\X", text)) <= most:
            raise ValueError(f"Length must be between 1 and {most}")
        return text

    return AfterValidator(check)


def _bytes(most: int) -> AfterValidator:
    def check(model: BaseModel) -> BaseModel:
        if len(model.model_dump_json(exclude_none=True, by_alias=True).encode()) > most:
            raise ValueError(f"Size must be at most {most} bytes")
        return model

    return AfterValidator(check)


_Label = Annotated[str, _graphemes(20)]
_Https = Annotated[str, Field(pattern=r"^https://", max_length=2000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class _UriAction(_Strict):
    type: Literal["uri"]
    label: _Label
    uri: Annotated[str, Field(pattern=r"^(https?|line|tel):", max_length=1000)]


class _PostbackAction(_Strict):
    type: Literal["postback"]
    label: _Label
    data: Annotated[str, _units(300)]
    display_text: Annotated[str, _graphemes(300)] | None = None


_Action = Annotated[_UriAction | _PostbackAction, Field(discriminator="type")]


class _FlexText(_Strict):
    type: Literal["text"]
    text: Annotated[str, _units(2000)]
    wrap: bool = False
    weight: Literal["regular", "bold"] | None = None
    size: Literal["xxs", "xs", "sm", "md", "lg", "xl", "xxl"] | None = None
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$")] | None = None
    decoration: Literal["none", "underline", "line-through"] | None = None
    action: _Action | None = None


class _FlexButton(_Strict):
    type: Literal["button"]
    action: _Action
    height: Literal["sm", "md"] | None = None
    style: Literal["primary", "secondary", "link"] | None = None


class _FlexSeparator(_Strict):
    type: Literal["separator"]


class _FlexImage(_Strict):
    type: Literal["image"]
    url: _Https
    size: str | None = None
    aspect_ratio: str | None = None


class _FlexBox(_Strict):
    type: Literal["box"]
    layout: Literal["vertical", "horizontal", "baseline"]
    spacing: Literal["none", "xs", "sm", "md", "lg", "xl", "xxl"] | None = None
    contents: list[
        Annotated[_FlexText | _FlexButton | _FlexSeparator | _FlexImage, Field(discriminator="type")]
    ]


class _Bubble(_Strict):
    type: Literal["bubble"]
    hero: _FlexImage | None = None
    body: _FlexBox | None = None
    footer: _FlexBox | None = None


class _Carousel(_Strict):
    type: Literal["carousel"]
    contents: Annotated[list[Annotated[_Bubble, _bytes(30_000)]], Field(min_length=1, max_length=12)]


class _TextMessage(_Strict):
    type: Literal["text"]
    text: Annotated[str, _units(5000)]


class _ImageMessage(_Strict):
    type: Literal["image"]
    original_content_url: _Https
    preview_image_url: _Https


class _FlexMessage(_Strict):
    type: Literal["flex"]
    alt_text: Annotated[str, _units(400)]
    contents: Annotated[
        Annotated[_Bubble, _bytes(30_000)] | Annotated[_Carousel, _bytes(50_000)], Field(discriminator="type")
    ]


_Message = Annotated[_TextMessage | _ImageMessage | _FlexMessage, Field(discriminator="type")]


class _Messages(_Strict):
    messages: Annotated[list[_Message], Field(min_length=1, max_length=5)]
    notification_disabled: bool = False


class ReplyRequest(_Messages):
    """Body of a reply."""

    reply_token: str


class PushRequest(_Messages):
    """Body of a push."""

    to: Annotated[str, Field(pattern=r"^U[0-9a-f]{32}$")]


class LoadingRequest(_Strict):
    """Body of the call that starts the loading animation."""

    chat_id: Annotated[str, Field(pattern=r"^U[0-9a-f]{32}$")]
    loading_seconds: Annotated[int, Field(ge=5, le=60, multiple_of=5)] = 20


def faults(error: ValidationError) -> dict[str, Any]:
    """The body by which LINE says what is wrong with a request."""
    details = [
        {"message": found["msg"], "property": ".".join(str(part) for part in found["loc"])}
        for found in error.errors()
    ]
    return {"message": f"The request body has {len(details)} error(s)", "details": details}


def seen(message: dict[str, Any]) -> tuple[str, tuple[Choice, ...]]:
    """What a citizen reads and can tap; `Choice.data` is the postback's action."""
    if message["type"] == "text":
        return message["text"], ()
    if message["type"] == "image":
        return message["originalContentUrl"], ()
    texts: list[str] = []
    choices: list[Choice] = []

    def walk(part: Any) -> None:
        if isinstance(part, list):
            for inner in part:
                walk(inner)
        elif isinstance(part, dict):
            if part.get("type") == "text":
                texts.append(part["text"])
            if "action" in part:
                action = part["action"]
                choices.append(Choice(action["label"], action.get("data"), action.get("uri", "")))
            for name in ("contents", "hero", "body", "footer"):
                walk(part.get(name))

    walk(json.loads(json.dumps(message["contents"])))
    return "\n".join(texts), tuple(choices)
