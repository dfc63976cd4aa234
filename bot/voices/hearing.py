"""What a message means for a draft: the answer to what was asked, a correction, or nothing at all."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.channel import MAX_MEDIA
from bot.messages import Attachment
from bot.voices.categories import OTHER, Voices, squeeze
from bot.voices.draft import MAX_TEXT, MAX_TITLE, Draft, Kind, headline
from bot.voices.places import map_link
from bot.voices.words import MAX_PLACE, asks, claims, place_in, too_vague, unknown_dong

BEGINS: dict[str, Kind] = {"report_problem": "report", "make_suggestion": "idea"}
"""By intent, what it begins."""
_DANGER = frozenset({"emergency", "crisis"})
_ELSEWHERE = frozenset({"talk_to_person", "erase_my_data", "ask_my_voices", "show_more", "choose_answer"})
"""Intents that are never about a draft."""
_QUESTIONS = frozenset(
    {"ask_faq", "search_service", "check_benefit", "ask_case_status", "ask_waste_day", "ask_bulky_waste"}
    | {
        "ask_office",
        "ask_hours",
        "ask_help",
        "ask_privacy",
        "change_language",
        "several_requests",
        "ask_again",
    }
)
_SURE = 0.7
"""Probability from which a message without a question's form is one."""
_NOTHING_SAID = {
    "report": re.compile(
        r"신고|민원|불편|접수|고장|여기|할게|있어요|하고싶|하려고|해주세요|조치|좀|빨리|고쳐"
    ),
    "idea": re.compile(
        r"제안|건의|의견|아이디어|사항|정책|시정|생각|할게|있어요|있습니다|드립니다|하고싶|싶습니다|하나"
    ),
}
_NOTHING_LEFT = 6
"""Characters that a sentence holds beside such words when it says only that something is to follow."""
_CORRECTS_PLACE = re.compile(r"(위치|장소|곳)\s*(은|는|을|를|이|가)?|거기\s*말고")
_CORRECTS = re.compile(r"^(아니(요|야|에요|예요)?|잘못[가-힣]*|틀렸[가-힣]*|정정[가-힣]*|다시)\s*,?")
_SENDS = re.compile(
    r"(네|넵|넹|예|응|웅|ㅇㅇ|좋아요?|그래요?|맞아요?|이대로|그대로|바로|그럼|이제)*"
    r"(보내|제출|접수|신고|제안)(해|하|해줘|하기|할게|해주|줘|주|기)?(요|세요|라|시면돼요)?"
)
"""What the button says, typed: some messengers have none."""
_NO_MORE = re.compile(r"(더|이제|그것?|다른건?|따로)*(없|괜찮|됐|되었|끝)[가-힣]{0,4}")
"""An answer to "anything to add?", and neither a yes nor a correction."""
_ADDRESS = re.compile(r"[가-힣0-9]+(로|길)\s?\d+")
_FIXES: dict[str, re.Pattern[str]] = {
    "fix:title": re.compile("제목"),
    "fix:place": re.compile("위치|장소|어디"),
    "fix:category": re.compile("갈래|분류|종류"),
    "fix:photo": re.compile("사진"),
    "fix:text": re.compile("내용|설명|글"),
}
_FIXED: dict[str, dict[str, object]] = {
    "fix:title": {"ask": "title"},
    "fix:place": {"place": "", "latitude": None, "longitude": None, "doubted": "", "ask": "place"},
    "fix:category": {"category": "", "ask": "category"},
    "fix:photo": {"photos": ()},
    "fix:text": {"text": "", "title": "", "compared": False, "ask": "text"},
}


@dataclass(frozen=True)
class Heard:
    """A message of a citizen."""

    text: str
    intent: str
    confidence: float
    channel: str
    now: datetime
    do: str = ""
    """What the button that was tapped is to do; the text counts for nothing then."""
    attachments: tuple[Attachment, ...] = ()
    tokens: tuple[str, ...] = ()
    """Of phone numbers and addresses in the text, which are in the vault."""

    @property
    def words(self) -> str:
        """What was typed."""
        return "" if self.text.startswith("/") else self.text.strip()[:MAX_TEXT]


@dataclass(frozen=True)
class Knowledge:
    """What the city is like."""

    voices: Voices
    dongs: Collection[str] = ()
    """Its 동, 읍 and 면; empty when nobody can be asked."""

    @property
    def things(self) -> list[str]:
        """Words for what may be wrong."""
        return [squeeze(word) for category in self.voices.categories for word in category.words]


def begin(heard: Heard, before: Draft | None, known: Knowledge, *, public: bool = False) -> Draft:
    """The draft that a message begins or goes on with; one of pictures alone becomes part of a new one.

    In `public` nothing is taken down, and a question of how to report is no report.
    """
    kind = BEGINS.get(heard.intent) or (before.kind if before else "report")
    empty = not heard.words or _says_nothing(heard.words, kind)
    if before and before.kind == kind and (empty or not before.text):
        draft = before.with_(**({"note": "voice_resumed"} if before.text else {}))
    else:
        draft = Draft(kind=kind, begun_at=heard.now)
    draft = _attach(draft, heard)
    how = kind == "report" and asks(heard.words) and not claims(heard.words)
    if public or how:
        return draft.with_(end="answer")
    if empty:
        return draft.model_copy(update={"ask": draft.missing})
    return _told(draft, heard.words, known)


def hear(draft: Draft, heard: Heard, known: Knowledge) -> Draft | None:
    """The draft after a message; None when the message is about something else."""
    if heard.do:
        return _tapped(draft, heard.do, known)
    if (
        draft.ask in ("confirm", "fix")
        and draft.missing == "confirm"
        and _SENDS.fullmatch(squeeze(heard.words))
    ):
        return draft.with_(end="send")
    if heard.intent == "cancel":
        return draft.with_(end="stop")
    if heard.intent in _DANGER or (heard.intent in _ELSEWHERE and heard.confidence >= _SURE):
        return None
    if heard.attachments:
        draft = _attach(draft.with_(), heard)
    if not heard.words:
        return draft.model_copy(update={"ask": draft.missing}) if heard.attachments else None
    link = map_link(heard.words)
    if link and draft.kind == "report":
        return _linked(draft, heard.words, known)
    if not heard.attachments and _digresses(draft, heard, known):
        return None
    return _answered(draft, heard, known)


def _attach(draft: Draft, heard: Heard) -> Draft:
    for attachment in heard.attachments:
        draft = draft.attached(attachment, heard.channel, MAX_MEDIA)
    return draft


def _tapped(draft: Draft, do: str, known: Knowledge) -> Draft | None:
    match do.partition(":"):
        case ("send", _, _):
            return draft.with_(end="send") if draft.missing == "confirm" else draft.with_()
        case ("stop", _, _):
            return draft.with_(end="stop")
        case ("fix", "", _):
            return draft.with_(ask="fix")
        case ("fix", _, _) if do in _FIXED:
            return draft.with_(**_FIXED[do])
        case ("contact", _, _):
            return draft.with_(ask="consent", contact="")
        case ("agree", _, version) if draft.ask == "consent" and version:
            return draft.with_(ask="contact", agreed=version)
        case ("no_contact", _, _):
            return draft.with_(contact="", agreed="")
        case ("category", _, id_):
            return draft.with_(category=known.voices.category(id_).id)
        case ("new", _, _):
            return draft.with_(compared=True)
        case ("join", _, id_) if draft.kind == "idea" and id_.isdecimal():
            return draft.with_(end=do)
    return None


def _digresses(draft: Draft, heard: Heard, known: Knowledge) -> bool:
    """Whether a typed message asks for something else."""
    if heard.intent in BEGINS or (draft.kind == "idea" and draft.ask == "text"):
        return False
    if asks(heard.words):
        return True
    if draft.ask in ("place", "title", "contact") and place_in(heard.words, known.things):
        return False
    return heard.intent in _QUESTIONS and heard.confidence >= _SURE and not claims(heard.words)


def _answered(draft: Draft, heard: Heard, known: Knowledge) -> Draft:
    words = heard.words
    match draft.ask:
        case "place":
            return _placed(draft, place_in(words, known.things) or words, known)
        case "category":
            found = known.voices.category_in(words)
            return draft.with_(category=found.id if found else OTHER)
        case "title":
            return draft.with_(title=words[:MAX_TITLE])
        case "consent":
            return draft.with_(note="" if heard.intent == "deny" else "voice_confirm_again")
        case "contact" if heard.tokens:
            return draft.with_(contact=heard.tokens[0])
        case "contact":
            return draft.with_(note="voice_no_contact", ask="contact")
        case "similar":
            return draft.with_(compared=True)
        case "text":
            return _told(draft, words, known)
        case "fix" | "confirm":
            return _corrected(draft, heard, known)


def _told(draft: Draft, words: str, known: Knowledge) -> Draft:
    """With the words that say what it is about."""
    if draft.kind == "idea":
        return draft.with_(text=words, title=draft.title or headline(words), compared=False)
    link = map_link(words)
    if link and link.point:
        draft = draft.at(link.point)
    plain = (words.replace(link.url, "") if link else words).strip() or draft.text
    found = known.voices.category_in(plain)
    place = place_in(plain, known.things)
    strange = unknown_dong(place, known.dongs)
    changes: dict[str, object] = {"text": plain, "note": draft.note, "about": draft.about}
    if found:
        changes["category"] = found.id
        if found.urgent:
            changes |= {"note": "voice_urgent", "about": {"number": found.urgent}}
    if strange and not changes["note"]:
        changes |= {"note": "voice_unknown_dong", "about": {"dong": strange}, "doubted": strange}
    elif place:
        changes["place"] = place
    return draft.with_(**changes)


def _linked(draft: Draft, words: str, known: Knowledge) -> Draft:
    link = map_link(words)
    if link is None or link.point is None:
        return draft.with_(note="voice_link_unreadable", ask="place" if draft.text else "text")
    draft = draft.at(link.point)
    rest = words.replace(link.url, "").strip()
    if not draft.text and rest:
        return _told(draft, rest, known)
    place = place_in(rest, known.things)
    return draft.with_(note=draft.note, about=draft.about, **({"place": place} if place else {}))


def _placed(draft: Draft, words: str, known: Knowledge) -> Draft:
    if too_vague(words):
        return draft.with_(note="voice_place_vague", ask="place")
    strange = unknown_dong(words, known.dongs)
    if strange and strange != draft.doubted:
        about = {"dong": strange}
        return draft.with_(note="voice_unknown_dong", about=about, doubted=strange, ask="place")
    return draft.with_(place=words[:MAX_PLACE])


def _corrected(draft: Draft, heard: Heard, known: Knowledge) -> Draft:
    """What was said to the summary: yes, no, something to put right, or more of the story."""
    words = heard.words
    if heard.intent == "affirm" and draft.ask == "confirm":
        return draft.with_(end="send")
    if _NO_MORE.fullmatch(squeeze(words)):
        return draft.with_(note="voice_confirm_again")
    if heard.intent == "deny":
        return draft.with_(ask="fix")
    rest = _CORRECTS_PLACE.sub(" ", _CORRECTS.sub(" ", words))
    place = place_in(rest, known.things) if draft.kind == "report" else ""
    little = len(squeeze(words)) - len(squeeze(place)) <= _NOTHING_LEFT and not claims(words)
    exact = _ADDRESS.search(place) or not draft.place
    if place and (_CORRECTS_PLACE.search(words) or _CORRECTS.search(words) or (little and exact)):
        return _placed(draft.with_(latitude=None, longitude=None), place, known)
    if len(squeeze(words)) <= _NOTHING_LEFT * 2:
        for fix, pattern in _FIXES.items():
            if pattern.search(words):
                return draft.with_(**_FIXED[fix])
    if heard.intent in BEGINS or claims(words):
        return draft.with_(text=f"{draft.text}\n{words}"[:MAX_TEXT], note="voice_added")
    return draft.with_(note="voice_confirm_again", ask=draft.ask)


def _says_nothing(words: str, kind: Kind) -> bool:
    """Whether a sentence only says that something is to follow: 신고할 게 있어요."""
    return len(_NOTHING_SAID[kind].sub("", squeeze(words))) < _NOTHING_LEFT
