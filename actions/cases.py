"""Where a case stands: the receipt number, its form, and the answer of the city's API."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.departments import call_button, default, department
from actions.records import Case
from actions.reply import Said, Speaking
from actions.service_client import NotFound, ServiceClient, ServiceError
from actions.trouble import trouble, with_age
from actions.turn import Clock, Turn
from bot.content.hours import named_day
from bot.content.store import ContentStore
from bot.outcomes import Outcome

NUMBER = re.compile(r"(?<!\d)(\d{4})\s*[-–—‐.]?\s*(\d{6})(?!\d)")
NEARLY = re.compile(r"\d{4}\D{0,3}\d")
FORGET = {"receipt_number": None}


class ActionAskReceiptNumber(Speaking):
    """The form's question; a number that cannot be one is named as such."""

    action = "action_ask_receipt_number"

    async def respond(self, turn: Turn) -> Said:
        """The question; nothing more when `action_case_status` has just said what is wrong."""
        if "action_case_status" in turn.actions:
            return Said(Outcome.ASKED_BACK)
        tried = turn.intent == "give_receipt_number" or NEARLY.search(turn.text)
        return Said(
            Outcome.ASKED_BACK, self.voice.say("case_bad_number" if tried else "case_ask_number", turn.seed)
        )


class ValidateCaseStatusForm(FormValidationAction):  # type: ignore[misc] # rasa-sdk has no types
    """Lets only a real receipt number into the form."""

    def name(self) -> str:
        """Name in domain.yml."""
        return "validate_case_status_form"

    def validate_receipt_number(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, str | None]:
        """The number in its usual form, or nothing."""
        return {"receipt_number": receipt_number(str(value))}


class ActionCaseStatus(Speaking):
    """The state of the case whose number was given."""

    action = "action_case_status"

    def __init__(self, content: ContentStore, clock: Clock, service: ServiceClient) -> None:
        super().__init__(content, clock)
        self.service = service

    async def respond(self, turn: Turn) -> Said:
        """The state as a card; what is wrong with the number; or what is wrong with the system."""
        number = receipt_number(turn.entity("receipt_number") or turn.slot("receipt_number") or turn.text)
        if number is None:
            return Said(Outcome.ASKED_BACK, self.voice.say("case_bad_number", turn.seed), slots=FORGET)
        departments = self.content.departments()
        try:
            record = await self.service.query(Case, {"receipt_number": number})
        except NotFound:
            text = self.voice.say("case_not_found", turn.seed, number=number)
            return Said(Outcome.ANSWERED_SERVICE, text, slots=FORGET, detail={"found": False})
        except ServiceError as error:
            said = trouble(error, self.voice, default(departments), turn)
            return Said(said.outcome, said.text, said.cards, detail=said.detail, slots=FORGET)
        case = record.data
        who = department(departments, case.department)
        text = self.voice.say(
            "case_status",
            turn.seed,
            number=case.receipt_number,
            title=case.title,
            state=case.state,
            department=who.name,
            department_phone=who.phone,
            received=named_day(case.received_on),
            due=named_day(case.due_on),
            next_step=case.next_step,
        )
        return Said(
            Outcome.ANSWERED_SERVICE,
            with_age(text, record, self.voice, turn.seed, self.clock()),
            buttons=(call_button(who),),
            slots=FORGET,
            detail={"found": True},
        )


def receipt_number(text: str) -> str | None:
    """The receipt number in a text as `2026-000123`, whatever width, dash or spaces it was typed with."""
    found = NUMBER.search(unicodedata.normalize("NFKC", text))
    return f"{found[1]}-{found[2]}" if found else None
