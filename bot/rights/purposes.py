"""What citizens are asked to agree to."""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """What is asked for, each by itself: refusing one costs nothing else (PIPA art. 15, 16, 22)."""

    PUSH = "push"
    """I may be written to unasked: reminders and news of what I subscribed to."""
    REFERRAL = "referral"
    """My question is handed over to another agency."""
    CONTACT = "contact"
    """My name and phone number go to the department that handles my report."""
    CALLBACK = "callback"
    """The phone number or e-mail that I leave goes to the department that calls me back."""
    ANSWER = "answer"
    """I am told, once, when there is an answer to what I asked; my question is kept until then."""
