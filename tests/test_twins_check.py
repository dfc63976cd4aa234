"""`sotong check` looks at twins as it does at answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.content.check import MAX_ANSWER, bad_address
from bot.content.check_city import check_persona
from bot.content.check_twins import check_twins
from bot.content.load import read_answers, read_persona
from bot.content.models import Persona
from bot.content.persona import Voice
from bot.settings import ROOT

TODAY = date(2026, 11, 23)
ENTRY = """\
topic: 여권
entries:
  - id: a
    questions: [여권]
    answer: 여권이에요.
    source: {title: 법}
    plain: {answer: 여권이에요., verified_on: 2026-11-01}
    translations:
      en:
        questions: [Passport?]
        answer: It is a passport.
        links: [{label: Map, url: "https://www.passport.go.kr"}]
  - id: b
    questions: [비자]
    answer: 비자예요.
    source: {title: 법}
    translations:
      en: {questions: [Visa?], answer: It is a visa.}
"""


@pytest.mark.parametrize(
    ("old", "new", "rule", "line", "severity"),
    [
        ("2026-11-01", "2026-11-24", "dates", 7, "error"),
        ("It is a passport.", "여권이에요.", "twin-language", 11, "error"),
        ("https://www.passport", "http://www.passport", "url", 12, "error"),
        ("[Visa?]", "['passport']", "duplicate-question", 18, "error"),
        ("It is a visa.", "call 010-1234-5678 or 900101-1234567", "personal-data", 18, "error"),
        ("It is a visa.", "x" * (MAX_ANSWER + 1), "too-long", 18, "warning"),
    ],
)
def test_faults(tmp_path: Path, old: str, new: str, rule: str, line: int, severity: str) -> None:
    path = tmp_path / "a.yml"
    path.write_text(ENTRY, "utf-8")
    assert list(check_twins(read_answers(path).entries, TODAY, MAX_ANSWER, bad_address)) == []
    path.write_text(ENTRY.replace(old, new, 1), "utf-8")
    found = check_twins(read_answers(path).entries, TODAY, MAX_ANSWER, bad_address)
    assert (rule, line, severity) in {(each.rule, each.line, each.severity) for each in found}


def persona_of(text: str, folder: Path) -> list[tuple[str, str]]:
    path = folder / "persona.yml"
    path.write_text(text, "utf-8")
    return [(each.rule, each.severity) for each in check_persona(*read_persona(path))]


def test_what_is_said_in_other_languages_is_checked(tmp_path: Path) -> None:
    text = (ROOT / "data" / "persona.yml").read_text("utf-8")
    assert persona_of(text, tmp_path) == []
    assert persona_of(text.replace("I have no answer to that. {department}", "{nobody}"), tmp_path) == [
        ("placeholder", "error")
    ]
    assert persona_of(text.replace('"Korean text"', '"The Korean original"'), tmp_path) == [
        ("too-long", "error")
    ]
    assert ("unknown-key", "error") in persona_of(text + "    waste_day:\n      - x\n", tmp_path)
    assert persona_of(text.replace('    more:\n      - "Read all"\n', ""), tmp_path) == [
        ("missing-key", "warning")
    ]


def test_a_line_that_is_not_there_is_said_in_korean() -> None:
    persona: Persona = read_persona(ROOT / "data" / "persona.yml")[0]
    voice = Voice(persona, "120").to("en")
    assert voice.say("twin_missing").startswith("This answer")
    assert voice.say("private_data", kinds="전화번호") == Voice(persona, "120").say(
        "private_data", kinds="전화번호"
    )
