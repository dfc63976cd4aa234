"""What an office publishes about privacy and accessibility says what the program does."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.content.check import check
from bot.content.live_file import read_file
from bot.content.problem import ContentError
from bot.openness.statements import NAMES, Statement, blocks
from bot.rights.purposes import Purpose
from bot.rights.retention import RULES
from bot.rights.wordings import NoticesFile
from bot.settings import ROOT
from tests.open_support import Open, open_pages

SEEN = re.compile(r"<[^>]+>")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The content of the demo city without its answers' weight."""
    folder = tmp_path / "data"
    shutil.copytree(ROOT / "data", folder, ignore=shutil.ignore_patterns("gloss", "thesaurus", "nlu"))
    return folder


@pytest.fixture
async def here(tmp_path: Path, data: Path) -> AsyncIterator[Open]:
    telegram = {"telegram_token": "1:x", "retention_days": 23}
    async with open_pages(tmp_path, data_dir=data, **telegram) as made:
        yield made


async def read(here: Open, name: str, status: int = 200) -> str:
    response = await here.client.get(f"/open/{name}")
    assert response.status == status
    return SEEN.sub(" ", await response.text())


async def test_the_policy_says_what_is_kept_and_who_gets_it(here: Open, data: Path) -> None:
    file = data / "retention.yml"
    file.write_text(file.read_text("utf-8").replace("reports: 1095", "reports: 4321"), "utf-8")
    page = await read(here, "privacy")
    assert "챗봇과 나눈 대화 23일" in re.sub(r"\s+", " ", page)
    for title in (rule.title for rule in RULES if rule.kind not in ("audit", "receipts")):
        assert title in page
    consents = read_file(data / "notices.yml", NoticesFile)[0].consents
    for purpose in Purpose:
        assert consents[purpose].name in page
        assert consents[purpose].text.splitlines()[-1] in page
    assert "Telegram FZ-LLC" in page  # switched on
    assert "주식회사 카카오" not in page  # switched off
    assert "{" not in page
    assert "처리가 끝난 신고 4,321일" in re.sub(r"\s+", " ", page)


async def test_the_statement_on_accessibility_says_what_is_not_met(here: Open) -> None:
    page = await read(here, "accessibility")
    assert "KWCAG 2.2" in page
    assert "아직 해 보지 않았어요" in page
    assert "099-120-2250" in page


async def test_every_page_leads_there(here: Open) -> None:
    html = await (await here.client.get("/open")).text()
    for name in NAMES:
        assert f'href="/open/{name}"' in html
        response = await here.client.get(f"/open/{name}")
        assert "script-src" not in response.headers["Content-Security-Policy"]


async def test_an_office_that_has_none_names_whom_to_ask(here: Open, data: Path) -> None:
    (data / "statements" / "privacy.yml").unlink()
    assert "099-120-1000" in await read(here, "privacy", 404)


async def test_markup_in_the_text_is_shown_as_written(here: Open, data: Path) -> None:
    file = data / "statements" / "accessibility.yml"
    text = file.read_text("utf-8").replace("누구나 챗봇을", "<img src=x onerror=alert(1)> 챗봇을")
    file.write_text(text, "utf-8")
    html = await (await here.client.get("/open/accessibility")).text()
    assert "&lt;img src=x" in html
    assert "<img" not in html


FAULTS: list[tuple[Callable[[str], str], str]] = [
    (lambda text: text.replace("{city}는", "{town}는"), "모르는 자리가 있어요: town"),
    (lambda text: text.replace("kakao: {", "kakaoo: {"), "‘kakaoo’(이)라는 메신저는 없어요"),
    (lambda text: text.replace("    table: people\n", ""), "table: people"),
    (lambda text: text.replace("table: messengers", "table: kept"), "table: messengers"),
    (lambda text: text.replace("effective: 2026-12-01\n", ""), "effective"),
]


@pytest.mark.parametrize(("spoil", "said"), FAULTS)
def test_faults_are_named(spoil: Callable[[str], str], said: str, tmp_path: Path) -> None:
    path = tmp_path / "privacy.yml"
    path.write_text(spoil((ROOT / "data/statements/privacy.yml").read_text("utf-8")), "utf-8")
    with pytest.raises(ContentError, match=re.escape(said)):
        read_file(path, Statement)


def test_the_check_looks_at_them(data: Path) -> None:
    path = data / "statements" / "privacy.yml"
    path.write_text(path.read_text("utf-8").replace("effective: 2026-12-01", "effective: 언젠가"), "utf-8")
    assert [one for one in check(data) if one.path == path and one.severity == "error"]


def test_paragraphs_and_lists() -> None:
    assert blocks("하나\n둘\n\n- 가\n- 나\n끝") == [
        ("p", ["하나", "둘"]),
        ("ul", ["가", "나"]),
        ("p", ["끝"]),
    ]
