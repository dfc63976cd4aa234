"""The bot's voice: which sentences there are, and how one is chosen and filled in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.content import (
    lines_agencies,
    lines_benefits,
    lines_catalogue,
    lines_handoff,
    lines_hours,
    lines_identity,
    lines_loop,
    lines_proactive,
    lines_rights,
    lines_services,
    lines_switches,
    lines_twins,
    lines_voices,
)
from bot.content.lines import Line, line
from bot.content.models import MenuItem, Persona
from bot.content.problem import did_you_mean

COMMON = frozenset({"name", "city", "phone"})
"""Placeholders that every wording may use: the bot, the city, the default department's phone."""

KEYS: Mapping[str, Line] = {
    # What citizens say that is no question
    "greet": line("인사를 받았을 때"),
    "thank": line("고맙다는 말을 들었을 때"),
    "say_goodbye": line("대화를 마칠 때"),
    "challenge_bot": line("사람인지 봇인지 물을 때"),
    "chitchat": line("잡담"),
    "praise_bot": line("칭찬을 들었을 때"),
    "complain_about_bot": line("봇이 답답하다는 말을 들었을 때"),
    "abuse": line("욕설을 들었을 때"),
    "emergency": line("불이 났다거나 다쳤다거나, 지금 위험할 때"),
    "crisis": line("죽고 싶다는 말을 들었을 때"),
    "affirm": line("무엇에 대한 ‘네’인지 알 수 없을 때"),
    "deny": line("무엇에 대한 ‘아니요’인지 알 수 없거나, 제안을 사양했을 때"),
    "cancel": line("하던 일을 그만둘 때"),
    "change_language": line("다른 언어로 말해 달라고 할 때"),
    "ask_help": line("무엇을 할 수 있는지 물을 때; 아래에 메뉴 단추가 붙어요"),
    "ask_privacy": line("개인정보를 어떻게 다루는지 물을 때"),
    "report_problem": line(
        "고장·위험·불편을 신고하는 방법을 물을 때; 아래에 신고하기 단추가 붙어요",
        *("department", "department_phone"),
    ),
    "out_of_scope": line("시청 일이 아닌 것을 물을 때"),
    # Answers
    "clarify": line("비슷한 답이 여럿일 때; 아래에 질문 단추가 붙어요"),
    "clarify_none": line("단추 이름: 고른 질문들 가운데 없음 (14자까지)"),
    "unknown": line("답을 모를 때", "department", "department_phone"),
    "several": line("한 번에 여러 가지를 물었을 때; 아래에 답이 차례로 붙어요"),
    "offer_person": line("상담원을 불러 줄지 물을 때"),
    "more": line("단추 이름: 긴 답변의 나머지 (14자까지)"),
    "nothing_to_repeat": line("다시 말해 달라는데 앞선 답변이 없을 때"),
    "choice_gone": line("없는 번호를 골랐거나, 고를 것이 이미 지나갔을 때"),
    # City services
    "waste_ask_dong": line("수거 요일을 알려 주려고 동네를 물을 때; 아래에 동네 단추가 붙어요"),
    "waste_day": line(
        "동네의 수거 요일",
        *("dong", "general", "food", "recycling"),
        sometimes=("opens", "closes", "place", "note", "department", "department_phone"),
    ),
    "waste_unknown_dong": line("모르는 동네일 때; 아래에 동네 단추가 붙어요", "dong"),
    "bulky_item": line(
        "대형폐기물 수수료", "item", "fee", sometimes=("note", "department", "department_phone")
    ),
    "bulky_unknown_item": line("수수료표에 없는 물건일 때", "item", "department", "department_phone"),
    "office_info": line(
        "부서의 연락처와 위치", "department", "department_phone", sometimes=("place", "hours", "opening")
    ),
    "office_hours": line(
        "부서의 운영시간", "department", "department_phone", "hours", sometimes=("place", "opening")
    ),
    "service_down": line("시 시스템에 이어지지 않을 때", "department", "department_phone"),
    "service_slow": line("시 시스템이 제때 답하지 않을 때", "department", "department_phone"),
    "service_bad_answer": line("시 시스템의 답을 알아볼 수 없을 때", "department", "department_phone"),
    "service_denied": line("시 시스템이 봇을 거절할 때", "department", "department_phone"),
    "cached_note": line("조금 전에 받아 둔 값을 보여 줄 때", "age"),
    # Persons
    "handoff_started": line("상담원을 부르고 차례를 알려 줄 때", "position"),
    "handoff_closed_hours": line("상담 시간이 아닐 때", "opens"),
    "handoff_by_phone": line(
        "봇이 먼저 글을 보낼 수 없는 메신저에서 상담원을 찾을 때", "department", "department_phone", "hours"
    ),
    "back_to_bot": line("단추 이름: 상담원을 기다리지 않고 봇과 이야기하기 (14자까지)"),
    "handoff_waiting": line("기다리는 동안 처음 쓴 글에 한 번"),
    "operator_joined": line("상담원이 들어왔을 때", "operator"),
    "operator_left": line("상담원이 나가고 봇이 다시 맡을 때"),
    "conversation_closed": line("상담원이 상담을 마쳤을 때"),
    "erase_ask": line("대화 기록을 지우기 전에 확인할 때"),
    "erased": line("대화 기록을 지웠을 때"),
    "erase_cancelled": line("지우지 않기로 했을 때"),
    # The way in
    "welcome": line("처음 말을 걸었을 때; 아래에 메뉴 단추가 붙어요"),
    "preparing": line("봇이 아직 켜지는 중일 때"),
    "bot_down": line("봇이 답을 못 하게 됐을 때", "department", "department_phone", "opening"),
    "earlier": line("봇이 답을 못 해서 같은 질문에 전에 했던 답을 보여 줄 때; 아래에 답이 붙어요", "age"),
    "late": line("답이 늦어질 때; 답은 찾는 대로 뒤따라요", "department", "department_phone", "opening"),
    "late_earlier": line("답이 늦어져서 같은 질문에 전에 했던 답부터 보여 줄 때; 아래에 답이 붙어요", "age"),
    "not_ready": line("카카오톡처럼 바로 답해야 하는 곳에서 답이 늦어질 때; 아래에 답을 받는 단추가 붙어요"),
    "coming": line("바로 답해야 하는 곳에서 답이 늦어질 때; 답은 찾는 대로 뒤따라요"),
    "fetch": line("단추 이름: 늦어진 답 받기 (14자까지)"),
    "fetched": line("답을 받으려 했는데 새 답이 없을 때"),
    "rest": line("답이 길어서 나머지를 이어 보낼 때; 아래에 나머지를 받는 단추가 붙어요"),
    "fetch_rest": line("단추 이름: 나머지 답 받기 (14자까지)"),
    "too_long": line("글이 너무 길어 앞부분만 읽었을 때", "limit"),
    "empty": line("빈 글"),
    "only_emoji": line("이모지만 보냈을 때"),
    "photo": line("사진을 받았을 때"),
    "voice": line("음성을 받았을 때"),
    "video": line("영상을 받았을 때"),
    "sticker": line("스티커를 받았을 때"),
    "location": line("위치를 받았을 때"),
    "contact": line("연락처를 받았을 때"),
    "file": line("파일을 받았을 때"),
    "edited": line("앞서 보낸 글을 고쳤을 때; 고친 글에 대한 답이 뒤따라요"),
    "expired_button": line("오래되어 쓸 수 없는 단추를 눌렀을 때"),
    "slow_down": line("짧은 사이에 너무 많이 보낼 때"),
    "private_data": line("개인정보를 가리고 저장했을 때", "kinds"),
    # In public places
    "public_more": line("공개된 곳의 답 끝에 붙는 말: 봇이 썼다는 것과 1:1 대화 주소", sometimes=("link",)),
    "public_invite": line("공개된 곳에서 1:1 대화로 부를 때", sometimes=("link",)),
    "public_delete": line("공개된 글에 개인정보가 보일 때; 다른 말은 하지 않아요"),
    "public_report": line("공개된 곳에 고장·위험·불편을 적었을 때"),
    "public_suggestion": line("공개된 곳에 제안을 적었을 때"),
    # The parts that have many
    **lines_catalogue.LINES,
    **lines_handoff.LINES,
    **lines_benefits.LINES,
    **lines_services.LINES,
    **lines_identity.LINES,
    **lines_rights.LINES,
    **lines_proactive.LINES,
    **lines_agencies.LINES,
    **lines_voices.LINES,
    **lines_twins.LINES,
    **lines_loop.LINES,
    **lines_hours.LINES,
    **lines_switches.LINES,
}
"""Every key of `says`."""

BUTTONS = (
    frozenset(
        {
            "clarify_none",
            "more",
            "back_to_bot",
            "place_button",
            "fetch",
            "fetch_rest",
            "log_in_button",
            "log_in_continue",
            "services_check",
            "services_look",
            "services_others",
            "checklist_show",
            "event_all_button",
            "event_day_button",
            "event_done_button",
            "event_more_button",
            "event_remind_button",
            "event_skip_button",
            "event_unknown_day",
            "remind_all_off_button",
            "remind_list_button",
            "remind_no",
            "remind_off_button",
            "remind_other_chat",
            "remind_show_answer",
            "remind_show_service",
            "remind_stop",
            "remind_yes",
            "original_button",
            "plain_button",
            "person_yes",
            "person_no",
            "answer_wait_button",
            "answer_stop_button",
            "contacts_start_button",
            "contacts_here_button",
            "contacts_yes_button",
            "contacts_cancel_button",
        }
    )
    | lines_switches.BUTTONS
)
"""Keys that are labels of buttons: short, on one line."""
MAX_LABEL = 14
"""Longest label that every messenger shows whole (KakaoTalk)."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PARTICLE = r"(은\(는\)|이\(가\)|을\(를\)|과\(와\)|\(으\)로|\(이\)라|\(이\)에요)?"
_FILL = re.compile(r"\{([A-Za-z_]+)\}" + _PARTICLE)
_FORMS = {
    "은(는)": ("은", "는"),
    "이(가)": ("이", "가"),
    "을(를)": ("을", "를"),
    "과(와)": ("과", "와"),
    "(으)로": ("으로", "로"),
    "(이)라": ("이라", "라"),
    "(이)에요": ("이에요", "예요"),
}


@dataclass(frozen=True)
class Voice:
    """The persona, ready to speak."""

    persona: Persona
    phone: str
    """Of the default department."""
    language: str = "ko"
    """Spoken where the persona has the words (`says_in`), Korean elsewhere."""

    def to(self, language: str) -> Voice:
        """The same voice for a citizen who writes in a language."""
        return self if language == self.language else replace(self, language=language)

    @property
    def name(self) -> str:
        """What the bot is called."""
        return self.persona.name

    @property
    def menu(self) -> tuple[MenuItem, ...]:
        """Buttons of the menu."""
        return self.persona.menu

    @property
    def handoff_words(self) -> tuple[str, ...]:
        """Words that mean "a person, please"."""
        return self.persona.handoff_words

    def say(self, key: str, seed: int | str = 0, **values: object) -> str:
        """The sentence for `key`, worded by `seed`.

        The same seed gives the same wording. Seeds that count up, as a number (`7`) or at the end
        of a text (`telegram:4711:7`), give each wording in turn: no two neighbours are the same.
        A placeholder may be followed by `은(는)`, `이(가)`, `을(를)`, `과(와)`, `(으)로`, `(이)라` or
        `(이)에요`: the form that fits the value is taken.

        Raises KeyError for a key that is not in `KEYS` and ValueError for a value the caller owes:
        both are faults of the program, whatever the persona file says.
        """
        if key not in KEYS:
            raise KeyError(f"no such line: {key}.{did_you_mean(key, KEYS)}")
        owed = KEYS[key].values - values.keys()
        if owed:
            raise ValueError(f"{key} needs {', '.join(sorted(owed))}")
        own = {str(name): says for name, says in self.persona.says_in.items()}.get(self.language, {})
        variants = own.get(key) or self.persona.says[key]
        empty = dict.fromkeys(KEYS[key].sometimes, "")
        return self.fill(variants[_count(seed) % len(variants)], **(empty | values))

    def choose(self, wordings: Sequence[str], seed: int | str = 0, **values: object) -> str:
        """One of some wordings from another file, chosen and filled in as those of the persona are."""
        return self.fill(wordings[_count(seed) % len(wordings)], **values)

    def fill(self, template: str, **values: object) -> str:
        """A wording with its placeholders filled in; also used for menu items.

        A line of several is left out when a value in it is empty: no `위치: ` without a place.
        """
        persona = self.persona
        known = {"name": persona.name, "city": persona.city, "phone": self.phone}
        known |= persona.emoji | {name: str(value) for name, value in values.items()}

        lines = template.strip().split("\n")
        if len(lines) > 1:
            unknown = [f"{{{name}}}" for name in values if not known[name]]
            lines = [each for each in lines if not any(name in each for name in unknown)]

        def value(match: re.Match[str]) -> str:
            text, particle = known.get(match[1], ""), match[2]
            return text + (_FORMS[particle][0 if _ends_closed(text, particle) else 1] if particle else "")

        return "\n".join(_FILL.sub(value, each).rstrip() for each in lines).strip()


def _count(seed: int | str) -> int:
    """A number that goes up by one when the seed does."""
    if isinstance(seed, int):
        return seed
    head, number = re.fullmatch(r"(?s)(.*?)(\d*)", seed).groups()  # type: ignore[union-attr]
    start = int.from_bytes(hashlib.blake2b(head.encode(), digest_size=6).digest())
    return start + int(number or 0)


def _ends_closed(text: str, particle: str) -> bool:
    """Whether a particle after `text` takes the form that follows a consonant."""
    last = text.rstrip(")]}’”\"' ")[-1:]
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
    else:  # digits as they are read: 영 일 삼 육 칠 팔 end in a consonant, 일 칠 팔 in ㄹ
        final = {"1": 8, "7": 8, "8": 8, "0": 21, "3": 16, "6": 1}.get(last, 0)
    return final not in ({0, 8} if particle == "(으)로" else {0})
