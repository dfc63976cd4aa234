"""Files that staff make and remove: which, what a new one is called, and what it begins with."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.services.load import ADDRESSES
from bot.studio.texts import Texts

FOLDERS = ("data/rules", "data/stories", "data/services", "data/life_events", "data/thesaurus")
"""Folders in which staff make and remove files; examples have pages of their own."""
_RESERVED = frozenset({f"data/services/{ADDRESSES}"})
"""Files in them that the program itself reads by name."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{1,39}")
_STARTS = Path(__file__).with_name("starts")
_DEPARTMENTS = "data/departments.yml"


def removable(path: str) -> bool:
    """Whether a file may be removed at all."""
    return path.rpartition("/")[0] in FOLDERS and path not in _RESERVED


def makeable(path: str, texts: Texts) -> bool:
    """Whether staff may make a file of this path."""
    folder, _, file = path.rpartition("/")
    return folder in FOLDERS and not misnamed(folder, file.removesuffix(".yml"), texts)


def misnamed(folder: str, name: str, texts: Texts) -> str:
    """What is wrong with a new file's name; empty when nothing is."""
    if not _NAME.fullmatch(name):
        return (
            "이름은 영어 소문자로 시작하고 소문자, 숫자, 밑줄(_), 붙임표(-)만 써요. "
            "2자에서 40자까지예요. 예: towing"
        )
    path = f"{folder}/{name}.yml"
    if path in _RESERVED:
        return f"‘{name}.yml’은 프로그램이 쓰는 이름이라 쓸 수 없어요. 다른 이름을 써 주세요."
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
    name = file.removesuffix(".yml")
    written = {
        "{id}": re.sub("[^a-z]+", "_", name).strip("_") if folder == "data/services" else name,
        "{department}": _department(texts),
        "{today}": today.isoformat(),
    }
    for key, value in written.items():
        text = text.replace(key, value)
    return text


def _department(texts: Texts) -> str:
    """Some department's id, so that the example is whole."""
    try:
        file: Any = yaml.safe_load(texts.read(_DEPARTMENTS).text or "")
        return str(file["departments"][0]["id"])
    except (yaml.YAMLError, LookupError, TypeError):
        return "department"
