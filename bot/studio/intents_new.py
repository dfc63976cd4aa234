"""A new intent: what has to be written into which files, and what its name must be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.document import Unreadable, parse_document
from bot.studio import splice
from bot.studio.intents import Intents
from bot.studio.intents_text import NotEditable, add_block
from bot.studio.texts import Texts

RULES, PERSONA, DOMAIN = "data/rules/intents.yml", "data/persona.yml", "domain.yml"
LEAST = 5
"""Examples a new intent begins with; twenty and more are better."""
_NAME = re.compile(r"[a-z][a-z0-9_]{2,49}")
_RESERVED = frozenset({"restart", "back", "session_start", "nlu_fallback", "null", "true", "false"})


@dataclass(frozen=True)
class Wanted:
    """What staff filled in."""

    name: str
    label: str
    examples: tuple[str, ...]
    does: str
    """`say` = the text in `says`; `answer` = an answer is looked for."""
    says: str = ""


def faults(wanted: Wanted, intents: Intents) -> dict[str, str]:
    """What is wrong, by field; empty when nothing is."""
    found = {}
    if not _NAME.fullmatch(wanted.name):
        found["name"] = (
            "이름은 영어 소문자로 시작하고 소문자, 숫자, 밑줄(_)만 써요. 3자에서 50자까지예요. 예: ask_towing"
        )
    elif wanted.name in _RESERVED:
        found["name"] = f"‘{wanted.name}’은 프로그램이 쓰는 이름이라 쓸 수 없어요."
    elif wanted.name in intents.all:
        found["name"] = f"‘{wanted.name}’은 이미 있어요. 거기에 예문을 더하거나 다른 이름을 써 주세요."
    if not wanted.label:
        found["label"] = "직원이 알아볼 이름을 적어 주세요. 예: 견인 차량 찾기"
    elif any(one.label == wanted.label for one in intents.all.values()):
        found["label"] = f"‘{wanted.label}’이라는 이름은 이미 있어요."
    elif len(wanted.label) > 40:
        found["label"] = "40자까지 적을 수 있어요."
    taken = [(line, home) for line in wanted.examples for home, _ in intents.find(line)[:1]]
    if taken:
        line, home = taken[0]
        found["examples"] = (
            f"‘{line}’은 ‘{intents.all[home].label or home}’에 이미 있어요. 한쪽에만 적어 주세요."
        )
    elif len(wanted.examples) < LEAST:
        found["examples"] = f"예문을 {LEAST}개 이상 적어 주세요. 많을수록 잘 알아들어요."
    if wanted.does == "say" and not wanted.says.strip():
        found["says"] = "챗봇이 할 말을 적어 주세요."
    return found


def changes(wanted: Wanted, texts: Texts) -> dict[str, str]:
    """The new texts of the files that take the intent, by path.

    Raises `NotEditable` when one of them cannot be read.
    """
    path = f"data/nlu/{wanted.name}.yml"
    written = {
        path: add_block(texts.read(path).text or "", "intent", wanted.name, wanted.examples, wanted.label)
    }
    written[DOMAIN] = _with(DOMAIN, texts, "intents", wanted.name)
    action = "action_say" if wanted.does == "say" else "action_answer"
    written[RULES] = _ruled(texts.read(RULES).text or "", wanted, action)
    if wanted.does == "say":
        written[PERSONA] = _said(texts, wanted)
    return written


def _with(path: str, texts: Texts, key: str, name: str) -> str:
    """The file with a name more in one of its lists."""
    text = texts.read(path).text or ""
    data = _read(path, text)
    names = list(data.get(key) or [])
    return text if name in names else splice.change(text, {**data, key: [*names, name]})


def _ruled(text: str, wanted: Wanted, action: str) -> str:
    """The file of rules with one more; written as lines, so that everything else stays."""
    head = text.rstrip("\n") or (
        'version: "3.1"\n# 스튜디오에서 만든 뜻: 이런 말에는 정해 둔 말을 하거나 답변을 찾아요.\nrules:'
    )
    rule = [
        f"  - rule: {wanted.name}",
        "    steps:",
        f"      - intent: {wanted.name}",
        f"      - action: {action}",
    ]
    return "\n".join([head, *rule, ""])


def _said(texts: Texts, wanted: Wanted) -> str:
    text = texts.read(PERSONA).text or ""
    data = _read(PERSONA, text)
    own = dict(data.get("intents") or {})
    own[wanted.name] = [wanted.says.strip()]
    return splice.change(text, {**data, "intents": own})


def _read(path: str, text: str) -> dict[str, Any]:
    try:
        data = parse_document(text, Path(path)).data
    except Unreadable as error:
        raise NotEditable(f"{path}을 읽을 수 없어요. ‘흐름과 낱말’에서 먼저 고쳐 주세요.") from error
    return dict(data) if isinstance(data, dict) else {}


def lines(text: str) -> Sequence[str]:
    """Examples as they were typed, one a line."""
    found = (line.strip().removeprefix("- ").strip() for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in found if line))
