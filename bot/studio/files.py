"""Files of the content that come and go: what a new one is called and begins with, who needs an old one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.content.problem import Problem
from bot.studio.flow_check import check_without
from bot.studio.texts import Texts

FOLDERS = ("data/rules", "data/stories", "data/services", "data/life_events", "data/thesaurus")
"""Folders in which staff make and remove files; examples have pages of their own."""
_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_STARTS = Path(__file__).with_name("starts")
_DEPARTMENTS = "data/departments.yml"


def removable(path: str) -> bool:
    """Whether a file may be removed at all."""
    return path.rpartition("/")[0] in FOLDERS


def misnamed(folder: str, name: str, texts: Texts) -> str:
    """What is wrong with a new file's name; empty when nothing is."""
    if not _NAME.fullmatch(name):
        return "이름은 영어 소문자로 시작하고 소문자, 숫자, 밑줄(_)만 써요. 2자에서 40자까지예요. 예: towing"
    path = f"{folder}/{name}.yml"
    if path in texts.drafts and texts.drafts[path].text is None:
        return f"‘{name}.yml’은 지우기로 한 파일이에요. 그 파일을 열어 되살리거나 다른 이름을 써 주세요."
    if texts.read(path).text is not None:
        return f"‘{name}.yml’은 이미 있어요. 그 파일을 고치거나 다른 이름을 써 주세요."
    return ""


def start(path: str, texts: Texts, today: date) -> str:
    """What a new file begins with: a whole example of its kind with notes. Empty for other folders."""
    folder, _, file = path.rpartition("/")
    if folder not in FOLDERS:
        return ""
    text = (_STARTS / f"{folder.removeprefix('data/')}.yml").read_text(encoding="utf-8")
    written = {
        "{id}": file.removesuffix(".yml"),
        "{department}": _department(texts),
        "{today}": today.isoformat(),
    }
    for name, value in written.items():
        text = text.replace(name, value)
    return text


def needed(texts: Texts, path: str) -> list[str]:
    """Why a file cannot go, a sentence each; empty when nothing else needs it."""
    found = [f"{one.path} {one.line}번째 줄: {one.message}" for one in _broken(texts, path)]
    if path.startswith("data/rules/"):
        rest = {
            intent
            for other in texts.paths("data/rules")
            if other != path
            for intent in _heard(texts.read(other).text or "")
        }
        alone = sorted(set(_heard(texts.read(path).text or "")) - rest)
        found += [f"‘{intent}’에 무엇을 할지 이 파일에만 적혀 있어요." for intent in alone]
    return found


def _broken(texts: Texts, path: str) -> list[Problem]:
    """What would be wrong elsewhere that is right now."""
    before = {(one.path, one.message) for one in check_without(texts, path, without=False)}
    return [one for one in check_without(texts, path) if (one.path, one.message) not in before]


def _heard(text: str) -> Iterator[str]:
    """The intents that rules of a file begin with."""
    try:
        file = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    rules = file.get("rules") if isinstance(file, Mapping) else None
    for rule in rules if isinstance(rules, list) else []:
        steps = rule.get("steps") if isinstance(rule, Mapping) else None
        first = steps[0] if isinstance(steps, list) and steps else None
        choices = first.get("or", [first]) if isinstance(first, Mapping) else []
        for step in choices if isinstance(choices, list) else []:
            if isinstance(step, Mapping) and isinstance(step.get("intent"), str):
                yield step["intent"]


def _department(texts: Texts) -> str:
    """Some department's id, so that the example is whole."""
    try:
        file: Any = yaml.safe_load(texts.read(_DEPARTMENTS).text or "")
        return str(file["departments"][0]["id"])
    except (yaml.YAMLError, LookupError, TypeError):
        return "department"
