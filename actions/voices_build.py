"""The actions about reports and ideas, put together."""

from __future__ import annotations

from rasa_sdk import Action
from sqlalchemy.ext.asyncio import AsyncEngine

from actions.handed import HandedOver
from actions.report import ActionReportProblem
from actions.service_client import ServiceClient
from actions.turn import Clock
from actions.voices import ActionAskVoiceDone, ValidateVoiceForm
from actions.voices_done import ActionVoiceDone
from actions.voices_own import ActionAttachment, ActionMyVoices, ActionVoice
from bot.content.live_file import LiveFile
from bot.content.store import ContentStore
from bot.encoder.encoder import Encoder
from bot.identity.personal import open_seal
from bot.identity.vault import Vault
from bot.log.log import ConversationLog
from bot.rights.build import build_wordings
from bot.rights.consents import Consents, Purpose
from bot.settings import Settings
from bot.voices.board import Board
from bot.voices.categories import Voices
from bot.voices.contact import Contacts
from bot.voices.ideas import Ideas
from bot.voices.reports import Reports
from bot.voices.similar import Similar


def voice_actions(
    settings: Settings,
    content: ContentStore,
    clock: Clock,
    engine: AsyncEngine,
    service: ServiceClient,
    how: ActionReportProblem,
    encoder: Encoder,
    vault: Vault,
    handed: HandedOver,
) -> tuple[Action, ...]:
    """Raises `bot.content.problem.ContentError` when data/voices.yml is not good."""
    voices = LiveFile(settings.live_data / "voices.yml", Voices)
    voices.current()
    wordings = build_wordings(settings, content)
    contacts = Contacts(vault, open_seal(settings), engine, clock)
    ideas, board = Ideas(engine, clock), Board(engine)
    page = f"{settings.public_url.rstrip('/')}/voices" if settings.public_url else ""
    common = (content, clock, ConversationLog(engine), Reports(engine, clock), ideas, board, page)
    return (
        ValidateVoiceForm(clock, voices.current, service, how.owners),
        ActionAskVoiceDone(
            content,
            clock,
            voices.current,
            Similar(encoder, ideas.public),
            board,
            contacts,
            lambda: wordings.consent(Purpose.CONTACT),
            how.answering,
        ),
        ActionVoiceDone(
            *common, voices=voices.current, how=how, contacts=contacts, consents=Consents(engine, clock)
        ),
        ActionVoice(*common),
        ActionMyVoices(*common, handed=handed),
        ActionAttachment(content, clock),
    )
