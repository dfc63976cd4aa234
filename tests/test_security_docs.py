"""What docs/security*.md promise is there: every requirement is looked at, every test they name exists."""

from __future__ import annotations

import re

from bot.settings import ROOT

_ROW = re.compile(r"^\| V(\d+)\.(\d+)\.(\d+)(?: ~ V\d+\.\d+\.(\d+))? \| (\S+) \| (.+) \|$", re.MULTILINE)
REQUIREMENTS = 253
"""Of levels 1 and 2 in OWASP ASVS 5.0.0."""


def test_every_requirement_has_an_answer_of_its_own() -> None:
    text = (ROOT / "docs" / "security-asvs.md").read_text("utf-8")
    seen: list[tuple[int, int, int]] = []
    for chapter, section, first, last, state, where in _ROW.findall(text):
        assert state in "●◐○–", (chapter, section, first)
        assert where.strip()
        seen += [(int(chapter), int(section), n) for n in range(int(first), int(last or first) + 1)]
    assert len(seen) == len(set(seen)) == REQUIREMENTS
    assert seen == sorted(seen)
    assert {chapter for chapter, _, _ in seen} == set(range(1, 18))


def test_every_test_and_file_that_is_named_exists() -> None:
    for name in ("security.md", "security-asvs.md"):
        text = (ROOT / "docs" / name).read_text("utf-8")
        tests = set(re.findall(r"`((?:\w+/)?test_\w+\.py)`", text))
        files = set(re.findall(r"`((?:bot|connectors|actions|demo)/[\w/.]+\.\w+)`", text))
        assert len(tests) > 20
        missing = [each for each in tests if not (ROOT / "tests" / each).is_file()]
        assert missing + [each for each in files if not (ROOT / each).is_file()] == []
