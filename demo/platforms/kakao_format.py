"""SkillResponse 2.0 as KakaoTalk's guide limits it: the components that a text bot needs, and no others."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Label = Annotated[str, Field(min_length=1, max_length=14)]
Filled = Annotated[str, Field(min_length=1)]
_NEEDS = {"webLink": "webLinkUrl", "message": "messageText", "phone": "phoneNumber"}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class CardButton(_Strict):
    """A button on a card."""

    label: Label
    action: Literal["webLink", "message", "phone"]
    webLinkUrl: Annotated[str, Field(pattern="^https?://")] | None = None  # noqa: N815
    messageText: Filled | None = None  # noqa: N815
    phoneNumber: Annotated[str, Field(pattern=r"^[0-9+*#-]+$")] | None = None  # noqa: N815
    extra: dict[str, Any] | None = None

    @model_validator(mode="after")
    def complete(self) -> CardButton:
        """Each action needs its own field."""
        if getattr(self, _NEEDS[self.action]) is None:
            raise ValueError(f"{self.action} needs {_NEEDS[self.action]}")
        return self


class SimpleText(_Strict):
    """A bubble of text."""

    text: Annotated[str, Field(min_length=1, max_length=1000)]


class SimpleImage(_Strict):
    """A picture."""

    imageUrl: Annotated[str, Field(pattern="^https?://")]  # noqa: N815
    altText: Annotated[str, Field(max_length=50)] | None = None  # noqa: N815


class TextCard(_Strict):
    """A bubble of text with buttons."""

    title: Annotated[str, Field(max_length=50)] = ""
    description: str = ""
    buttons: list[CardButton] = []
    buttonLayout: Literal["vertical", "horizontal"] = "vertical"  # noqa: N815

    @model_validator(mode="after")
    def within_limits(self) -> TextCard:
        """Both texts share one limit; the layout decides how many buttons there may be."""
        if not 1 <= len(self.title + self.description) <= 400:
            raise ValueError("title and description: 1 to 400 characters")
        most, label = (3, 14) if self.buttonLayout == "vertical" else (2, 8)
        if len(self.buttons) > most or any(len(button.label) > label for button in self.buttons):
            raise ValueError(f"{self.buttonLayout}: at most {most} buttons of {label} characters")
        return self


class Output(_Strict):
    """One component."""

    simpleText: SimpleText | None = None  # noqa: N815
    simpleImage: SimpleImage | None = None  # noqa: N815
    textCard: TextCard | None = None  # noqa: N815

    @model_validator(mode="after")
    def one(self) -> Output:
        """An output is one component."""
        if len(self.model_fields_set) != 1:
            raise ValueError("an output is exactly one component")
        return self


class QuickReply(_Strict):
    """A button below all outputs."""

    label: Label
    action: Literal["message"]
    messageText: Filled  # noqa: N815
    extra: dict[str, Any] = {}


class Template(_Strict):
    """What is shown. Without outputs nothing is: then there is nothing to tap either."""

    outputs: Annotated[list[Output], Field(max_length=3)]
    quickReplies: Annotated[list[QuickReply], Field(max_length=10)] = []  # noqa: N815

    @model_validator(mode="after")
    def something_above(self) -> Template:
        """Quick replies need something to stand under."""
        if self.quickReplies and not self.outputs:
            raise ValueError("quick replies without an output")
        return self


class SkillResponse(_Strict):
    """The body of our answer: a template, or a promise to call back."""

    version: Literal["2.0"]
    template: Template | None = None
    useCallback: bool = False  # noqa: N815
    data: dict[str, Any] = {}

    @model_validator(mode="after")
    def says_something(self) -> SkillResponse:
        """Without a callback there must be a template."""
        if not self.useCallback and self.template is None:
            raise ValueError("neither template nor useCallback")
        return self
