"""Who needs a file of the content: why staff cannot remove it yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from bot.content.check_dialogue import RASA_INTENTS
from bot.content.problem import Problem
from bot.studio.flow_check import check_without
from bot.studio.texts import Texts

_KEYS = {"data/services/": "service", "data/life_events/": "event"}
"""Under which name buttons, rules and examples name what a file of a folder is about."""

_GUESS = re.compile(r" 혹시 ‘[^’]*’인가요\?$")
"""What `bot.content.problem.did_you_mean` adds; the name is right here."""


@dataclass(frozen=True)
class Need:
    """One reason why a file cannot go."""

    said: str
    path: str = ""
    """The file that needs it; empty where the removed one itself tells enough."""
    line: int = 0


@dataclass(frozen=True)
class _Rules:
    """What the rules of one or more files are about."""

    begins: frozenset[str] = frozenset()
    """Intents for which there is a rule whatever else is going on."""
    within: frozenset[str] = frozenset()
    """Forms in whose course or after which something is done."""
    names: frozenset[str] = frozenset()
    """Forms that are begun."""

    def __or__(self, other: _Rules) -> _Rules:
        return _Rules(self.begins | other.begins, self.within | other.within, self.names | other.names)


def needed(texts: Texts, path: str) -> list[Need]:
    """Why a file cannot go; empty when nothing else needs it."""
    found = [Need(_GUESS.sub("", one.message), one.path.as_posix(), one.line) for one in _broken(texts, path)]
    if path.startswith("data/rules/"):
        found += _alone(texts, path)
    for folder, key in _KEYS.items():
        if path.startswith(folder):
            found += _named(texts, path, folder, key)
    return found


def _broken(texts: Texts, path: str) -> list[Problem]:
    """What would be wrong elsewhere that is right now."""
    before = {(one.path, one.message) for one in check_without(texts, path, without=False)}
    return [one for one in check_without(texts, path) if (one.path, one.message) not in before]


def _alone(texts: Texts, path: str) -> Iterator[Need]:
    """What only the rules of this file say."""
    own, rest = _rules(texts.read(path).text or ""), _Rules()
    for other in texts.paths("data/rules"):
        if other != path:
            rest |= _rules(texts.read(other).text or "")
    known = _intents(texts)
    for intent in sorted((own.begins & known if known else own.begins) - rest.begins):
        yield Need(f"‘{intent}’에 무엇을 할지 이 파일에만 적혀 있어요.")
    for form in sorted((own.within & rest.names) - rest.within):
        yield Need(f"양식 ‘{form}’를 하는 동안과 마친 뒤에 무엇을 할지 이 파일에만 적혀 있어요.")


def _named(texts: Texts, path: str, folder: str, key: str) -> Iterator[Need]:
    """Where else the content names what this file is about."""
    content = _mapping(_loaded(texts.read(path).text or ""))
    name = content.get("id")
    if not isinstance(name, str):
        return
    named = re.compile(rf"(?<!\w){key}\\?[\"']? *: *\\?[\"']?{re.escape(name)}(?![\w-])")
    for other in ["domain.yml", *texts.paths("data")]:
        if other.startswith(folder):  # the checkers look at those
            continue
        text = texts.read(other).text or ""
        for found in named.finditer(text):
            yield Need(f"‘{name}’을 써요.", other, text.count("\n", 0, found.start()) + 1)


def _rules(text: str) -> _Rules:
    """What the rules of a file are about; nothing when it cannot be read."""
    begins, within, names = set[str](), set[str](), set[str]()
    for rule in map(_mapping, _list(_mapping(_loaded(text)).get("rules"))):
        steps = [_mapping(step) for step in _list(rule.get("steps"))]
        loops = {_mapping(step).get("active_loop") for step in _list(rule.get("condition"))} - {None}
        within |= {str(loop) for loop in loops}
        if not loops:
            names |= {str(step["active_loop"]) for step in steps if step.get("active_loop")}
        if steps and not rule.get("condition"):
            choices = [_mapping(step) for step in _list(steps[0].get("or", [steps[0]]))]
            begins |= {str(step["intent"]) for step in choices if step.get("intent")}
    return _Rules(frozenset(begins), frozenset(within), frozenset(names))


def _intents(texts: Texts) -> frozenset[str]:
    """The intents of the domain; none when it cannot be read."""
    listed = _list(_mapping(_loaded(texts.read("domain.yml").text or "")).get("intents"))
    names = {str(next(iter(one), "")) if isinstance(one, Mapping) else str(one) for one in listed}
    return frozenset(names | RASA_INTENTS) if names else frozenset()


def _loaded(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
