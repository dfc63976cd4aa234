"""The action server, put together: the one place where its objects are made."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Action
from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from redis import Redis
from sanic import Request, Sanic
from sanic.handlers import ErrorHandler
from sanic.response import HTTPResponse, json
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.answer import ActionAnswer, ActionAskAgain, ActionChooseAnswer, ActionShowMore
from actions.answering import Answering, LiveAnswers
from actions.cases import ActionAskReceiptNumber, ActionCaseStatus, ValidateCaseStatusForm
from actions.erase import ActionEraseData
from actions.handoff import ActionAffirm, ActionDeny, ActionRequestHandoff
from actions.offices import ActionOfficeInfo
from actions.report import ActionReportProblem
from actions.say import ActionSay
from actions.service_client import ServiceClient, cache
from actions.services import load_services
from actions.several import ActionAnswerSeveral
from actions.turn import Clock
from actions.waste import ActionBulkyWaste, ActionWasteSchedule
from bot.content.live_thesaurus import LiveThesaurus
from bot.content.store import ContentStore
from bot.log.engine import open_engine
from bot.retrieval.clicks import RedisClicks
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.retrieval.words import RecentMorphemes
from bot.settings import Settings
from bot.text.morphemes import Morphemes

Server = Sanic[Any, Any]

log = logging.getLogger(__name__)

LOOK_EVERY = 0.4
"""Seconds between two looks at the answers: an edit is live within a second."""


@dataclass(frozen=True)
class Parts:
    """What the server is made of."""

    actions: tuple[Action, ...]
    live: LiveAnswers
    service: ServiceClient
    engine: AsyncEngine
    """The gateway's database; it makes the tables."""


def build(settings: Settings, clock: Clock | None = None) -> Parts:
    """Every object of the action server, with the index loaded.

    Raises bot.content.problem.ContentError when departments or persona have no good version, OSError
    or ValidationError when `data/services/city.yml` is missing or wrong.
    """
    zone = ZoneInfo(settings.timezone)
    clock = clock or (lambda: datetime.now(zone))
    content = ContentStore(settings)
    content.persona()
    morphemes = RecentMorphemes(Morphemes())
    encoder = encoder_or_none(settings.encoder, morphemes, settings.var_dir / "encoder")
    quick = Redis.from_url(settings.redis, socket_timeout=0.2, socket_connect_timeout=0.2)
    index = AnswerIndex(encoder, morphemes, settings.var_dir / "index", clicks=RedisClicks(quick))
    live = LiveAnswers(content, index, LiveThesaurus(settings.data_dir / "thesaurus"))
    live.refresh()
    answering = Answering(content, live)
    service = ServiceClient(
        settings.city_api,
        settings.city_api_key.get_secret_value(),
        cache(settings.redis),
        clock,
        load_services(settings.data_dir / "services" / "city.yml"),
    )
    answer = ActionAnswer(content, clock, answering)
    report = ActionReportProblem(content, clock, answering)
    case = ActionCaseStatus(content, clock, service)
    schedule = ActionWasteSchedule(content, clock, service)
    bulky = ActionBulkyWaste(content, clock, answering, service)
    office = ActionOfficeInfo(content, clock, answering, service)
    by_intent = {
        "report_problem": report,
        "give_receipt_number": case,
        "ask_waste_day": schedule,
        "ask_bulky_waste": bulky,
        "ask_office": office,
        "ask_hours": office,
    }
    actions = (
        ActionSay(content, clock, answering),
        answer,
        ActionAnswerSeveral(content, clock, by_intent, answer),
        ActionChooseAnswer(content, clock, answering),
        ActionShowMore(content, clock, answering),
        ActionAskAgain(content, clock, answering),
        report,
        ActionAskReceiptNumber(content, clock),
        ValidateCaseStatusForm(),
        case,
        schedule,
        bulky,
        office,
        ActionRequestHandoff(content, clock, answering),
        ActionEraseData(content, clock),
        ActionAffirm(content, clock, answering),
        ActionDeny(content, clock, answering),
    )
    return Parts(actions, live, service, open_engine(settings.database))


class QuietErrors(ErrorHandler):
    """Errors without the request in them: rasa-sdk's own handler sends the whole tracker back."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        """The kind of error, in the log and in the answer."""
        status = getattr(exception, "status_code", 500)
        log.error("request to %s failed: %s", request.path, type(exception).__name__)
        return json({"error": type(exception).__name__}, status=status)


def server(parts: Parts) -> Server:
    """The web application; it listens only after `build`, so `/health` means that the index is loaded."""
    executor = ActionExecutor()
    for action in parts.actions:
        executor.register_action(action)
    app: Server = create_app(executor, cors_origins=[])
    app.error_handler = QuietErrors()

    async def start(app: Server) -> None:
        await parts.service.start()
        app.ctx.following = asyncio.create_task(follow(parts.live))

    async def stop(app: Server) -> None:
        app.ctx.following.cancel()
        with suppress(asyncio.CancelledError):
            await app.ctx.following
        await parts.service.close()
        await parts.engine.dispose()

    app.register_listener(start, "before_server_start")
    app.register_listener(stop, "after_server_stop")
    return app


async def follow(live: LiveAnswers) -> None:
    """Keep the index like the files, without holding up the answers."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            if await asyncio.to_thread(live.refresh):
                log.info("answers loaded anew")
        except Exception:
            log.exception("the answers could not be loaded anew; those known stay in use")
