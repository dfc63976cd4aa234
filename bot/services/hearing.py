"""What one message of a citizen does to the form of a service. Pure.

The rules: a value that is asked for is taken; others that are named on the way are taken too; what was said
before may be corrected at any time; what is meant for somebody else (a question in between, goodbye) is
left alone. Nothing that was given is ever lost by a message that cannot be read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from bot.services.filling import Filling, Problem, Step, after, drop, take
from bot.services.models import Definition, Parameter
from bot.services.reading import Read, read, rest
from bot.text.expressions import Expressions
from bot.text.normalise import normalise

CHANGE = "change"
"""In a button's values: the parameter that is to be said anew."""
PERSONAL: Mapping[str, tuple[str, ...]] = {"phone": ("mobile", "phone"), "plate": ("vehicle",)}
"""Kinds of parameters that the gateway masks → the kinds under which it keeps them (`bot.masking`)."""
_LEAVING = frozenset(
    {"cancel", "say_goodbye", "emergency", "crisis", "talk_to_person", "erase_my_data", "abuse", "log_out"}
)
_URGENT = frozenset({"emergency", "crisis"})
_OPEN = frozenset(
    {"use_service", "nlu_fallback", "affirm", "deny", "choose_answer", "out_of_scope", "chitchat", "greet",
     "give_receipt_number", "give_dong", "praise_bot", "ask_again", "show_more"}
)  # fmt: skip
"""Intents that words which are an answer to the form often get."""
_SURE = 0.5
_ASIDE = 0.6
_BESIDE = 6
"""So many letters beside the value make a sentence of its own, if its intent is sure too."""
_SHORT = 12
"""Letters of a message that is an answer, even if nobody can read it."""
_AFRESH = re.compile(r"처음부터|다시\s?처음|(?:전부|다)\s?(?:다시|지우고)")
_CORRECTS = re.compile(r"^\s*(?:아니|아뇨|아냐|앗|잠깐)|말고|잘못|바꿔|바꿀|변경|수정|정정|고쳐")
_YES = re.compile(
    r"^\W*(?:네|넵|넹|예|응|어|ㅇㅇ|그래|좋아|맞아|맞습|확인|오케이|ok)|해\s?(?:줘|주세요|주십)|할게|확정|진행해"
)
_NO = re.compile(r"^\W*(?:아니|아뇨|아냐|ㄴㄴ|노|틀려|달라)|안\s?할|하지\s?마|바꿀")


@dataclass(frozen=True)
class Heard:
    """One message of the citizen."""

    text: str
    intent: str | None
    confidence: float
    today: date
    typed: bool = True
    given: Mapping[str, str] = field(default_factory=dict)
    """Values that a button stands for."""
    kept: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Kind of personal data → tokens of what was masked in the text."""

    @property
    def sure(self) -> bool:
        """Whether the intent is more than a guess."""
        return self.confidence >= _SURE


def begin(definition: Definition, heard: Heard) -> Filling:
    """A new form, with whatever the first message says already."""
    if heard.given:
        return _given(definition, Filling(), heard.given, heard.today)
    if not heard.typed:
        return Filling()
    return take(definition, Filling(heard=heard.text), _all(definition, Filling(), heard, asked=""))


def hear(definition: Definition, filling: Filling, step: Step, heard: Heard) -> Filling | None:
    """The form after a message; None when the message is not meant for it."""
    filling = replace(filling, problem=None, corrected="")
    if heard.given:
        return _given(definition, filling, heard.given, heard.today)
    if heard.typed and _AFRESH.search(heard.text):
        return Filling()
    if heard.intent in _LEAVING and (heard.sure or heard.intent in _URGENT):
        return None
    if step.kind == "confirm" and (answered := _confirm(definition, filling, heard)):
        return answered
    if not heard.typed:
        return _tapped(filling, step) if heard.intent == "use_service" else None
    parameter = definition.parameters.get(step.name)
    asked = _read(step.name, parameter, filling, heard) if parameter else None
    others = _all(definition, filling, heard, asked=step.name)
    corrects = bool(_CORRECTS.search(heard.text))
    taken = _taken(filling, step.name, asked, others, corrects)
    if taken:
        if all(_aside(definition, heard, found) for found in taken.values()):
            return None
        return take(definition, replace(filling, heard=heard.text, agreed=False), taken)
    return _unread(definition, filling, step, asked, heard)


def _confirm(definition: Definition, filling: Filling, heard: Heard) -> Filling | None:
    """What yes, no or a name does at the end; None when the message says something else."""
    found = _all(definition, filling, heard, asked="")
    if any(one.value != filling.values.get(name) for name, one in found.items()):
        return None
    text = normalise(heard.text) if heard.typed else ""
    named = _named(definition, text)
    if heard.intent == "deny" or _NO.search(text) or _CORRECTS.search(text):
        return drop(definition, filling, named) if named else replace(filling, changing=True)
    if named and filling.changing:
        return drop(definition, filling, named)
    if not filling.changing and (heard.intent == "affirm" or _YES.search(text)):
        return replace(filling, agreed=True)
    return None


def _tapped(filling: Filling, step: Step) -> Filling:
    """The button that says no more than "go on"."""
    here = Problem("", "not_logged_in") if step.kind == "log_in" else None
    return replace(filling, problem=here)


def _named(definition: Definition, text: str) -> str:
    """The parameter whose title is said."""
    titles = {parameter.title: name for name, parameter in definition.parameters.items()}
    titles |= {word: name for title, name in titles.items() for word in title.split()}
    found = Expressions(titles).find(text)
    return titles[found[-1].expression] if found else ""


def _given(definition: Definition, filling: Filling, given: Mapping[str, str], today: date) -> Filling:
    """Values of a button: those that can be one are taken, what is asked at the API waits."""
    if (named := given.get(CHANGE, "")) in definition.parameters:
        return drop(definition, filling, named)
    values, wished = dict(filling.values), dict(filling.wished)
    for name, text in given.items():
        parameter = definition.parameters.get(name)
        if parameter is None:
            continue
        if parameter.choices_from and name not in filling.offered:
            wished[name] = text
        elif text in filling.options(name, parameter).words:
            values[name] = text
        elif parameter.type != "choice" and (found := read(parameter, text, today)) and found.value:
            values[name] = found.value
    changed = {name for name, text in values.items() if filling.values.get(name) != text}
    return replace(after(definition, filling, changed, values), wished=wished, agreed=False)


def _read(name: str, parameter: Parameter, filling: Filling, heard: Heard) -> Read | None:
    if parameter.type in PERSONAL:
        tokens = [token for kind in PERSONAL[parameter.type] for token in heard.kept.get(kind, ())]
        if tokens:
            return Read(tokens[0], end=len(heard.text))
        if "[" in heard.text and "]" in heard.text:
            return Read(problem="not_kept")
    return read(parameter, heard.text, heard.today, filling.options(name, parameter))


def _all(definition: Definition, filling: Filling, heard: Heard, asked: str) -> dict[str, Read]:
    """What a message holds for parameters other than the one asked for, each stretch of it once."""
    found: dict[str, Read] = {}
    used: set[tuple[str, int]] = set()
    names = sorted(definition.parameters, key=lambda name: name in filling.values)
    if asked:
        used.add((definition.parameters[asked].type, -1))
    for name in names:
        parameter = definition.parameters[name]
        if name == asked or not _tells_itself(parameter):
            continue
        one = _read(name, parameter, filling, heard)
        if one is None or one.problem.startswith(("un", "bad_", "not_")):
            continue
        if {(parameter.type, one.start), (parameter.type, -1)} & used:
            continue
        used.add((parameter.type, one.start))
        found[name] = one
    return found


def _tells_itself(parameter: Parameter) -> bool:
    """Whether a value can be told from other words without having been asked for."""
    return parameter.choices_from is None and parameter.type not in ("text", "number", "time")


def _taken(
    filling: Filling, name: str, asked: Read | None, others: Mapping[str, Read], corrects: bool
) -> dict[str, Read]:
    new = {other: found for other, found in others.items() if other not in filling.values}
    said_before = {other: found for other, found in others.items() if other in filling.values}
    if corrects and said_before:
        return {**said_before, **new}
    valid = {other: found for other, found in new.items() if found.value}
    if asked and asked.value:
        return {name: asked, **valid}
    if asked and asked.problem:
        return {**valid, **{other: found for other, found in said_before.items() if found.value}}
    return {**new, **said_before}


def _aside(definition: Definition, heard: Heard, found: Read) -> bool:
    """Whether a sentence with a value in it is a question of its own."""
    other = heard.intent not in _OPEN.union(definition.intents) and heard.confidence >= _ASIDE
    return other and rest(heard.text, found) >= _BESIDE


def _unread(
    definition: Definition, filling: Filling, step: Step, asked: Read | None, heard: Heard
) -> Filling | None:
    """Nothing in it can be taken: is it an answer all the same?"""
    if asked and asked.problem and not _aside(definition, heard, asked):
        return replace(filling, problem=Problem(step.name, asked.problem, asked.given))
    if heard.intent == "use_service" or heard.intent in definition.intents:
        return filling
    letters = sum(map(str.isalnum, heard.text))
    if (heard.intent in _OPEN - {"deny"} or not heard.sure) and letters <= _SHORT:
        code = {"log_in": "not_logged_in", "ask": "unreadable"}.get(step.kind)
        return replace(filling, problem=Problem(step.name, code)) if code else filling
    return None
