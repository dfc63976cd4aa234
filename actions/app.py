"""The action server, put together: the one place where its objects are made."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Action
from rasa_sdk.endpoint import create_app
from rasa_sdk.executor import ActionExecutor
from sanic import Blueprint, Request, Sanic
from sanic.handlers import ErrorHandler
from sanic.response import HTTPResponse, json
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.answer import (
    ActionAnswer,
    ActionAskAgain,
    ActionChooseAnswer,
    ActionJurisdiction,
    ActionShowMore,
)
from actions.answer_cache import AnswerCache, cache
from actions.answering import Answering
from actions.awaiting import OFFER as AWAIT
from actions.awaiting import Awaiting
from actions.benefits_parts import benefit_actions
from actions.catalogue import ActionSearchService
from actions.city_api import CityApi
from actions.erase import ActionEraseData
from actions.following import follow, follow_services, refresh_services
from actions.handed import HandedOver
from actions.handoff import ActionAffirm, ActionDeny, ActionRequestHandoff
from actions.identity import ActionLogIn, ActionLogOut
from actions.jurisdiction import OFFER, HandingOver, Owners
from actions.language import ActionChangeLanguage
from actions.live_answers import LiveAnswers
from actions.offices import ActionOfficeInfo
from actions.report import ActionReportProblem
from actions.rights_build import rights_actions
from actions.say import ActionSay
from actions.service import ActionService, ServicePart
from actions.service_ask import ActionAskParameters, ActionAskService
from actions.service_calls import ServiceCalls
from actions.service_client import ServiceClient
from actions.service_desk import ServiceDesk
from actions.service_form import ValidateServiceForm
from actions.services import load_services
from actions.several import ActionAnswerSeveral
from actions.suggest import suggesting
from actions.turn import Clock
from actions.voices_build import voice_actions
from actions.waste import ActionBulkyWaste, ActionWasteSchedule
from actions.wishes import OFFER as REMIND
from actions.wishes_build import wish_actions
from bot.agencies.directory import own_agency
from bot.agencies.jurisdiction import JurisdictionFile
from bot.agencies.peers import Peers
from bot.agencies.referrals import Referrals
from bot.catalogue.live import LiveCatalogue
from bot.catalogue.live import follow as follow_catalogue
from bot.content.live_file import LiveFile
from bot.content.live_thesaurus import LiveThesaurus
from bot.content.models import LANGUAGES
from bot.content.store import ContentStore
from bot.identity.personal import Personal, open_personal
from bot.inner_door import lock
from bot.log.engine import open_engine
from bot.log.log import ConversationLog
from bot.loop.waits import Waits
from bot.redis_address import open_blocking_redis
from bot.releases.build import actions_follower
from bot.releases.follower import Follower
from bot.releases.live import open_live
from bot.retrieval.clicks import RedisClicks
from bot.retrieval.index import AnswerIndex
from bot.retrieval.lexical import encoder_or_none
from bot.retrieval.twins import TwinIndex
from bot.rights.build import build_wordings
from bot.rights.consents import Consents, Purpose
from bot.rights.wordings import Text
from bot.services.choosing import Chooser
from bot.services.load import LiveServices
from bot.settings import Settings
from bot.telemetry.actions import ActionWatch, watch_actions
from bot.telemetry.hearing import hear
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes

Server = Sanic[Any, Any]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the server is made of."""

    actions: tuple[Action, ...]
    suggest: Blueprint
    live: LiveAnswers
    services: LiveCatalogue
    city_api: CityApi
    kept: AnswerCache
    engine: AsyncEngine
    """The gateway's database; it makes the tables."""
    personal: Personal
    follower: Follower
    watch: ActionWatch


def build(settings: Settings, clock: Clock | None = None) -> Parts:
    """Every object of the action server, with the index loaded.

    Raises bot.content.problem.ContentError when departments or persona have no good version, OSError
    or ValidationError when `data/services/city.yml` is missing or wrong.
    """
    settings = open_live(settings)
    zone = ZoneInfo(settings.timezone)
    clock = clock or (lambda: datetime.now(zone))
    content = ContentStore(settings)
    content.persona()
    morphemes = RecentMorphemes(Morphemes())
    encoder = encoder_or_none(settings.encoder, morphemes, settings.var_dir / "encoder")
    quick = open_blocking_redis(settings.redis, socket_timeout=0.2, socket_connect_timeout=0.2)
    index = AnswerIndex(encoder, morphemes, settings.var_dir / "index", clicks=RedisClicks(quick))
    lock = threading.Lock()
    twins: dict[str, TwinIndex] = {
        each: TwinIndex(each, AnswerIndex(encoder, morphemes, settings.var_dir / "index" / each))
        for each in LANGUAGES
    }
    live = LiveAnswers(content, index, LiveThesaurus(settings.live_data / "thesaurus"), lock, twins)
    live.refresh()
    answering = Answering(content, live)
    addresses = load_services(settings.live_data / "services" / "city.yml")
    city_key = settings.city_api_key.get_secret_value()
    engine = open_engine(settings.database, most=settings.database_connections)
    watch = watch_actions(settings, engine, live.count)
    city_api = CityApi(settings.city_api, addresses.key_header, city_key, watch=watch.calls)
    kept = AnswerCache(cache(settings.redis), clock)
    service = ServiceClient(city_api, kept, clock, addresses)
    services = follow_catalogue(settings, engine, encoder, morphemes, lock)
    personal = open_personal(settings)
    agency = own_agency(settings.live_data)
    peers = Peers(engine, lambda: agency.current().id)
    wordings = build_wordings(settings, content)

    def refers() -> Text:
        return wordings.consent(Purpose.REFERRAL)

    owners = Owners(
        content, LiveFile(settings.live_data / "jurisdiction.yml", JurisdictionFile), peers, refers
    )
    referrals = Referrals(engine)
    handed_over = HandedOver(peers, referrals)
    handing = HandingOver(content, ConversationLog(engine), peers, referrals, Consents(engine, clock), refers)
    search = ActionSearchService(content, clock, answering, services.catalogue)
    awaiting = Awaiting(
        content.persona,
        Waits(engine, clock),
        Consents(engine, clock),
        lambda: wordings.consent(Purpose.ANSWER),
    )
    answer = ActionAnswer(content, clock, answering, owners, search.instead, awaiting)
    report = ActionReportProblem(content, clock, answering, owners)
    desk = ServiceDesk(
        content,
        LiveServices(settings.live_data / "services"),
        Chooser(encoder),
        live,
        ServiceCalls(city_api, kept, clock),
        personal,
    )
    part = ServicePart(content, clock, answering, desk)
    schedule = ActionWasteSchedule(content, clock, service)
    bulky = ActionBulkyWaste(content, clock, answering, service)
    office = ActionOfficeInfo(content, clock, answering, service)
    reminders = wish_actions(settings, content, clock, answering, engine, services.catalogue)
    by_intent = {
        "search_service": search,
        "report_problem": report,
        **dict.fromkeys(("use_service", "ask_case_status", "give_receipt_number"), part),
        "ask_waste_day": schedule,
        "ask_bulky_waste": bulky,
        "ask_office": office,
        "ask_hours": office,
    }
    actions = (
        ActionSay(content, clock, answering),
        answer,
        search,
        ActionAnswerSeveral(content, clock, by_intent, answer),
        ActionChooseAnswer(content, clock, answering),
        ActionShowMore(content, clock, answering),
        ActionAskAgain(content, clock, answering),
        ActionChangeLanguage(content, clock, answering),
        report,
        ValidateServiceForm(clock, desk, answering),
        ActionAskService(content, clock, desk),
        ActionAskParameters(content, clock, desk),
        ActionService(content, clock, answering, desk),
        schedule,
        bulky,
        office,
        ActionRequestHandoff(content, clock, answering),
        ActionLogIn(content, clock, answering, personal),
        ActionLogOut(content, clock, personal),
        ActionEraseData(content, clock),
        *rights_actions(settings, content, clock, engine, personal),
        *reminders.actions,
        *voice_actions(
            settings, content, clock, engine, service, report, encoder, personal.vault, handed_over
        ),
        *benefit_actions(settings, content, clock, answering, services.catalogue),
        ActionJurisdiction(content, clock, answering, owners),
        ActionAffirm(
            content,
            clock,
            answering,
            {OFFER: handing.agreed, REMIND: reminders.wishes.agreed, AWAIT: awaiting.agreed},
        ),
        ActionDeny(content, clock, answering, awaiting),
    )
    follower = actions_follower(settings, engine, content, live.refresh)
    suggest = suggesting(live, content, clock)
    return Parts(actions, suggest, live, services, city_api, kept, engine, personal, follower, watch)


class QuietErrors(ErrorHandler):
    """Errors without the request in them: rasa-sdk's own handler sends the whole tracker back."""

    def default(self, request: Request, exception: Exception) -> HTTPResponse:
        """The kind of error, in the log and in the answer."""
        status = getattr(exception, "status_code", 500)
        log.error("request to %s failed: %s", request.path, type(exception).__name__)
        return json({"error": type(exception).__name__}, status=status)


def server(parts: Parts, token: str, port: int) -> Server:
    """The web application; it listens only after `build`, so `/health` means that the index is loaded.

    `token` is what whoever asks for more than that has to show (`bot.inner_door`). The private port
    is that of a server at `port`.
    """
    executor, inside = ActionExecutor(), AsyncExitStack()
    for action in parts.actions:
        executor.register_action(action)
    app: Server = create_app(executor, cors_origins=[])
    app.error_handler = QuietErrors()
    lock(app, token, frozenset({"/health"}))
    hear(app, "/webhook", "action", parts.watch.tracing, parts.watch.acted)
    app.blueprint(parts.suggest)

    async def start(app: Server) -> None:
        await parts.city_api.start()
        await inside.enter_async_context(parts.watch.served(port))
        app.ctx.following = asyncio.create_task(follow(parts.live))
        app.ctx.following_releases = asyncio.create_task(parts.follower.follow())
        await refresh_services(parts.services)
        app.ctx.following_services = asyncio.create_task(follow_services(parts.services))

    async def stop(app: Server) -> None:
        for following in (app.ctx.following, app.ctx.following_releases, app.ctx.following_services):
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
        await inside.aclose()
        await parts.city_api.close()
        await parts.kept.close()
        await parts.engine.dispose()
        await parts.personal.close()

    app.register_listener(start, "before_server_start")
    app.register_listener(stop, "after_server_stop")
    return app
