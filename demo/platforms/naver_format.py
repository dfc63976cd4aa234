"""Events for Naver TalkTalk's Send API within the documented limits; without hand-over, menus and pay."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Code = Annotated[str, Field(max_length=1000)]
Address = Annotated[str, Field(pattern="^https?://")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Data(_Strict):
    """What is on a button."""

    title: Annotated[str, Field(min_length=1, max_length=18)]
    code: Code | None = None
    url: Address | None = None
    mobileUrl: Address | None = None  # noqa: N815


class ListButton(_Strict):
    """A button that says something or opens an address."""

    type: Literal["TEXT", "LINK"]
    data: Data

    @model_validator(mode="after")
    def complete(self) -> ListButton:
        """A link needs both addresses, and only a text has a code."""
        linked = self.data.url is not None and self.data.mobileUrl is not None
        if self.type == "LINK" and (not linked or self.data.code is not None):
            raise ValueError("LINK needs url and mobileUrl")
        if self.type == "TEXT" and (self.data.url or self.data.mobileUrl):
            raise ValueError("TEXT has no address")
        return self


class QuickReply(_Strict):
    """Buttons that go with the next message; their titles are shorter."""

    buttonList: Annotated[list[ListButton], Field(min_length=1, max_length=10)]  # noqa: N815

    @model_validator(mode="after")
    def short(self) -> QuickReply:
        """Ten characters."""
        if any(len(button.data.title) > 10 for button in self.buttonList):
            raise ValueError("quickReply: title of at most 10 characters")
        return self


class Content(_Strict):
    """What all contents may have."""

    quickReply: QuickReply | None = None  # noqa: N815


class TextContent(Content):
    """A text."""

    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class ImageContent(Content):
    """A picture, by its address or by that of an earlier upload."""

    imageUrl: Address | None = None  # noqa: N815
    imageId: str | None = None  # noqa: N815

    @model_validator(mode="after")
    def one(self) -> ImageContent:
        """Exactly one of both."""
        if (self.imageUrl is None) == (self.imageId is None):
            raise ValueError("imageUrl or imageId")
        return self


class Composite(_Strict):
    """A card."""

    title: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    description: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    image: ImageContent | None = None
    buttonList: Annotated[list[ListButton], Field(min_length=1, max_length=10)] | None = None  # noqa: N815

    @model_validator(mode="after")
    def present(self) -> Composite:
        """A title or description, and two things at least."""
        if self.title is None and self.description is None:
            raise ValueError("title or description")
        if len(self.model_dump(exclude_none=True)) < 2:
            raise ValueError("two of title, description, image, buttonList")
        return self


class CompositeContent(Content):
    """Cards, side by side."""

    compositeList: Annotated[list[Composite], Field(min_length=1, max_length=10)]  # noqa: N815


class Event(_Strict):
    """A request to the Send API, or the body of a response to a webhook."""

    event: Literal["send", "action"]
    user: Annotated[str, Field(min_length=1)] | None = None
    textContent: TextContent | None = None  # noqa: N815
    imageContent: ImageContent | None = None  # noqa: N815
    compositeContent: CompositeContent | None = None  # noqa: N815
    options: dict[str, Any] = {}

    @model_validator(mode="after")
    def one_content(self) -> Event:
        """`send` has exactly one content, `action` turns the typing indicator on or off."""
        contents = [self.textContent, self.imageContent, self.compositeContent]
        count = sum(content is not None for content in contents)
        if self.event == "send" and count != 1:
            raise ValueError("exactly one content")
        if self.event == "action" and (count or self.options.get("action") not in ("typingOn", "typingOff")):
            raise ValueError("action: typingOn or typingOff")
        return self
