"""What a citizen asks to be told, read from their words by rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.proactive.wish import (
    CASE,
    COLLECTION,
    DEADLINE,
    EVENING,
    MORNING,
    NEWS,
    PARTS,
    SCHEDULE,
    Part,
    Wish,
)
from bot.text.dates import find_dates
from bot.text.found import Found
from bot.text.normalise import align
from bot.text.numbers import NATIVE, read_number
from bot.text.recurrence import find_recurrences

MAX_ABOUT = 60
"""Characters of what a citizen wants to be told of."""

NUMBER = re.compile(r"(?<!\d)(\d{4})\s*[-–—‐.]?\s*(\d{6})(?!\d)")
_CASE = re.compile(
    r"(?:결과|처리|답변|완료|진행|상태|승인|심사|접수|민원)\S*\s?(?:\S+\s)?(?:나오|되면|끝나|바뀌|달라지|오면)"
)
_OF_CASE = re.compile(r"민원|접수|신청한|신고한|내\s?(?:건|신청|신고)|제\s?(?:건|신청|신고)")
_DEADLINE = re.compile(
    r"마감|기한|접수\s?(?:끝|종료)|신청\s?(?:기간\s?)?(?:끝|종료)|(?:끝나|닫히)기\s?전"
)  # fmt: skip
_NEWS = re.compile(r"(?:새|신규|추가)\S*\s?.*(?:나오|생기|뜨|올라오|추가되|열리)")
_WASTE = re.compile(
    r"쓰레기|재활용|분리\s?수거|분리\s?배출|음식물|음쓰|종량제|배출일|배출\s?요일|수거일|수거\s?요일|페트병"
)
_PARTS: tuple[tuple[Part, str], ...] = (
    ("recycling", r"재활용|분리|페트병|플라스틱|종이"),
    ("food", r"음식물|음쓰"),
    ("general", r"일반|종량제"),
)
_BEFORE = re.compile(
    rf"(?:(?P<word>하루|이틀|사흘|일주일|이주일|보름)|(?P<count>\d{{1,2}}|{NATIVE})\s?(?P<unit>일|주일|주|달|개월))\s?전"
)
_WORDS = {"하루": 1, "이틀": 2, "사흘": 3, "일주일": 7, "이주일": 14, "보름": 15}
_UNITS = {"일": 1, "주": 7, "주일": 7, "달": 30, "개월": 30}
_EVE = re.compile(r"전날|하루\s?전|전\s?날")
_LATER = re.compile(
    rf"(?P<count>\d{{1,3}}|{NATIVE})\s?(?P<unit>시간|분)\s?(?P<half>반)?\s?(?:뒤|후|있다가|이따가?)"
)
_PARTS_OF_DAY = (
    (re.compile("새벽|아침|일어나"), time(8)),
    (re.compile("오전"), MORNING),
    (re.compile("점심|낮"), time(12)),
    (re.compile("오후"), time(14)),
    (re.compile("저녁|퇴근"), EVENING),
    (re.compile("밤|자기\\s?전"), time(20, 30)),
)
_NO_SUCH_DAY = re.compile(r"\d{1,2}\s?월\s?\d{1,2}\s?일|\d{1,2}/\d{1,2}|매[달월]\s?\d{1,2}\s?일")
_REQUEST = re.compile(
    r"(?:(?:다시|꼭|좀|미리|한\s?번|까먹지\s?않게|잊지\s?않게|안\s?까먹게)\s?)*"
    r"(?:알려|알람|알림|말해|연락|깨워|얘기|이야기|챙겨|귀띔|리마인드|톡\s?(?:줘|해|보내)|메시지|문자|보내|바꿔|변경|옮겨|불러)"
)  # fmt: skip
_POLITE = re.compile(
    r"\S*[.,!?~]*\s*(?:(?:좀|꼭|한\s?번)\s+)?"
    r"(?:(?:줘|주세|주시|주실|줄래|줄\s?수|수\s|맞춰|설정|걸어|울려|보내|해|부탁|바라|바랍|감사|고마|고맙|좋겠|있)\S*[.,!?~]*\s*)*"
)
"""What belongs to a request behind its verb: 알려|주시면 감사하겠습니다."""
_EDGES = re.compile(
    r"^(?:(?:에|은|는|날|마다|부터|그리고|다시|로|으로|이?요|이에요|예요|쯤)(?=\s|$)\s*)+"
    r"|(?:\s*(?:이라고|하는\s?거|(?<=\s)(?:좀|꼭|다시|에|을|를|전에?)))+$"
)
_AS_NOUN = (
    (re.compile(r"([있없])다고$"), r"\1음"),
    (re.compile(r"(?:해야|하라)\s?(?:한|된)?다?고$"), "하기"),
    (re.compile(r"(?<=[가-힣])[아어]?야\s?(?:한|된)다고$"), "기"),
    (re.compile(r"(?<=[가-힣])으라고$"), "기"),
    (re.compile(r"(?<![이])라고$"), "기"),
)
"""수도요금 내라고 → 수도요금 내기, 약 먹으라고 → 약 먹기."""
_VAGUE = re.compile(r"(?<![가-힣])(?:전날|당일|새벽|아침|오전|점심|오후|저녁|밤|낮)(?:에|마다)?(?![가-힣])")


@dataclass(frozen=True)
class Understood:
    """A wish as far as it was said."""

    wish: Wish
    missing: str = ""
    """What is still to be asked: `when`, `dong`, `number` or `service`; empty when all is there."""
    fault: str = ""
    """What cannot be: `past` or `no_such_day`."""


def understand(text: str, now: datetime) -> Understood:
    """The wish in a text; `now` is the city's time."""
    text = align(text).text
    number = NUMBER.search(text)
    if number or (_CASE.search(text) and _OF_CASE.search(text)):
        wish = Wish(kind=CASE, number=f"{number[1]}-{number[2]}" if number else "")
        return Understood(wish, "" if number else "number")
    if _DEADLINE.search(text):
        wish = Wish(
            kind=DEADLINE, about=_about(_DEADLINE.split(text)[0], []), ahead=_ahead(text), at=_hour(text)
        )
        return Understood(wish, "service")
    if _NEWS.search(text):
        about = _about(re.split(r"나오|생기|뜨|올라오|추가되|열리", text)[0], [])
        return Understood(Wish(kind=NEWS, about=re.sub(r"^(?:새로운|새로|새|신규)\s*|(?:이|가)$", "", about)))
    repeated, dated = find_recurrences(text), find_dates(text, now.date())
    days = [found for found in dated if found.entity in ("date", "period")]
    if _WASTE.search(text) and not repeated and not days:
        return _collection(text, dated)
    return _scheduled(text, now, repeated, dated)


def said_when(text: str, now: datetime) -> Understood:
    """The same for words that answer the question when: nothing but a day, a time, a recurrence."""
    text = align(text).text
    return _scheduled(text, now, find_recurrences(text), find_dates(text, now.date()))


def _collection(text: str, dated: list[Found]) -> Understood:
    parts = tuple(part for part, words in _PARTS if re.search(words, text))
    ahead = 1 if _EVE.search(text) else 0
    clock = _clock(dated)
    at = clock or (_vague(text) or (EVENING if ahead else time(18)))
    wish = Wish(
        kind=COLLECTION,
        about="·".join(PARTS[part] for part in parts) or "쓰레기",
        waste=parts or tuple(PARTS),
        ahead=ahead,
        at=at,
        chosen=clock is not None,
    )
    return Understood(wish, "dong")


def _scheduled(text: str, now: datetime, repeated: list[Found], dated: list[Found]) -> Understood:
    later = _LATER.search(text)
    if later and not repeated:
        count = read_number(later["count"]) or 0
        minutes = count * (60 if later["unit"] == "시간" else 1) + (30 if later["half"] else 0)
        moment = (now + timedelta(minutes=minutes + 1)).replace(second=0, microsecond=0)
        spans = [Found(later.start(), later.end(), "", "")]
        wish = Wish(
            kind=SCHEDULE, about=_about(text, spans), day=moment.date(), at=moment.time(), chosen=True
        )
        return Understood(wish)
    clock = _clock(dated)
    ahead = 1 if _EVE.search(text) else 0
    at = clock or _vague(text) or (EVENING if ahead else MORNING)
    times = [found for found in dated if found.entity == "time"]
    wish = Wish(kind=SCHEDULE, at=at, chosen=clock is not None, ahead=ahead)
    if repeated:
        inside = [found for found in dated if not _within(found, repeated[0])]
        spans = [repeated[0], *(found for found in inside if found.entity == "time")]
        return Understood(
            wish.model_copy(
                update={"rule": repeated[0].value, "start": now.date(), "about": _about(text, spans)}
            )
        )
    days = [found for found in dated if found.entity in ("date", "period")]
    wish = wish.model_copy(update={"about": _about(text, [*days, *times])})
    if days:
        return _on_a_day(wish, date.fromisoformat(days[0].value.split("/")[0]), now, days[0].entity)
    if _NO_SUCH_DAY.search(text):
        return Understood(wish, "when", "no_such_day")
    if clock is None and _vague(text) is None:
        return Understood(wish, "when")
    day = now.date() + timedelta(days=at <= now.time())
    return Understood(wish.model_copy(update={"day": day, "ahead": 0}))


def _on_a_day(wish: Wish, day: date, now: datetime, entity: str) -> Understood:
    if entity == "period":
        day = max(day, now.date())
    moment = datetime.combine(day, wish.at, now.tzinfo) - timedelta(days=wish.ahead or 0)
    if moment > now:
        return Understood(wish.model_copy(update={"day": day}))
    if day == now.date() and not wish.chosen and not wish.ahead:  # today, no hour said: in an hour
        soon = (now + timedelta(hours=1)).replace(second=0, microsecond=0)
        return Understood(wish.model_copy(update={"day": soon.date(), "at": soon.time(), "chosen": True}))
    return Understood(wish, "when", "past")


def _about(text: str, spans: list[Found]) -> str:
    """What is left of a sentence without its dates, its request and its loose particles."""
    letters = list(text)
    for span in spans:
        letters[span.start : span.end] = " " * (span.end - span.start)
    words = _NO_SUCH_DAY.sub(" ", "".join(letters))
    request = _REQUEST.search(words)
    if request is None:
        return _noun(words)
    return _noun(words[: request.start()]) or _noun(_after(words, request.end()))


def _noun(words: str) -> str:
    """What is to be told, without what says when and how."""
    words = " ".join(_VAGUE.sub(" ", words).split()).strip(" .,?!~")
    for ending, noun in _AS_NOUN:
        words = ending.sub(noun, words)
    for _ in range(2):
        words = _EDGES.sub("", words).strip(" .,?!~")
    return words[:MAX_ABOUT].strip()


def _after(words: str, end: int) -> str:
    """What follows a request that stands first: 알려줘 재산세 내라고."""
    polite = _POLITE.match(words, end)
    return words[polite.end() if polite else end :]


def _ahead(text: str) -> int | None:
    found = _BEFORE.search(text)
    if found is None:
        return 1 if _EVE.search(text) else None
    if found["word"]:
        return _WORDS[found["word"]]
    return (read_number(found["count"]) or 1) * _UNITS[found["unit"]]


def _clock(dated: list[Found]) -> time | None:
    return next((time.fromisoformat(found.value) for found in dated if found.entity == "time"), None)


def _vague(text: str) -> time | None:
    return next((at for words, at in _PARTS_OF_DAY if words.search(text)), None)


def _hour(text: str) -> time:
    return _vague(text) or MORNING


def _within(one: Found, other: Found) -> bool:
    return other.start <= one.start and one.end <= other.end
