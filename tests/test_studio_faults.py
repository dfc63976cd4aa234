"""What is wrong with an answer stands at its field, nothing typed is lost; conflicts are settled by field."""

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.console_support import PASSWORD, Client, World, log_in, text
from tests.studio_support import FORM, TAX, draft_of, editors, send, small_city


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return small_city(tmp_path / "data")


@pytest.fixture
async def made(tmp_path: Path, data: Path) -> AsyncIterator[World]:
    async with editors(tmp_path, data) as made:
        yield made


@pytest.fixture
async def lee(made: World, aiohttp_client: Any) -> Client:
    client = await aiohttp_client(made.app())
    await log_in(client, "lee", PASSWORD)
    return client


def told(page: str, field: str) -> str:
    """What the page says at a field."""
    found = re.search(rf'id="{field}-(?:wrong|hint|mind)">(.*?)</p>', page, re.DOTALL)
    wrong = re.search(rf'id="{field}-wrong">(.*?)</p>', page, re.DOTALL)
    said = wrong or found
    return html.unescape(said[1]) if said else ""


@pytest.mark.parametrize(
    ("field", "fields", "said"),
    [
        ("question-0", {"question": [""]}, "질문이 없어요"),
        ("question-1", {"question": ["자동차세", "여권수수료가 얼마예요"]}, "‘passport-fee’에도 있어요"),
        ("question-0", {"question": ["가" * 301]}, "최대 300자"),
        ("answer", {"answer": " \n "}, "답변이 비어 있어요"),
        ("answer", {"answer": "주민번호 900101-1234568"}, "주민등록번호"),
        ("owner", {"owner": "taxi"}, "혹시 ‘tax’인가요?"),
        ("source_title", {"source_title": ""}, "출처가 없어요"),
        ("source_url", {"source_url": "http://a.kr"}, "https:// 주소가 아니에요"),
        ("label-1", {"label": ["위택스", "여기"], "url": ["https://www.wetax.go.kr", "위택스"]}, "https://"),
        ("label-0", {"label": ["챗봇"], "url": ["https://chat.hanbit.go.kr/#car-tax"]}, "되돌려 보내요"),
        ("valid_until", {"valid_until": "2026-02-31"}, "날짜를 알아볼 수 없어요"),
        ("valid_until", {"valid_from": "2026-12-01", "valid_until": "2026-11-30"}, "시작하는 날"),
        ("confirmed_on", {"confirmed_on": "2027-01-01"}, "아직 오지 않았어요"),
    ],
)
async def test_a_fault_stands_at_its_field_and_what_was_typed_is_kept(
    lee: Client, field: str, fields: dict[str, Any], said: str
) -> None:
    response = await send(lee, "/studio/answers/car-tax", {**FORM, **fields})
    page = await text(lee, response.headers["Location"])
    assert said in told(page, field)
    assert f'href="#{field}"' in page
    for value in fields.values():
        for each in value if isinstance(value, list) else [value]:
            assert html.escape(each.strip()) in page


async def test_markup_is_shown_as_it_is_with_a_warning(made: World, lee: Client) -> None:
    nasty = '<script>alert(1)</script>\n\n<img src=x onerror=alert(2)> & "끝"'
    await send(lee, "/studio/answers/car-tax", {**FORM, "answer": nasty, "question": ["<b>세금</b>?"]})
    for path in ("/studio/answers/car-tax", "/studio/answers", "/studio/answers/car-tax?channel=kakao"):
        page = await text(lee, path)
        assert "alert(1)" in page or path == "/studio/answers"
        assert not re.search(r"<script>alert|<img src=x|<b>세금</b>\?", page)
    page = await text(lee, "/studio/answers/car-tax")
    assert "글자 그대로 보여요" in page
    assert (await draft_of(made, "car-tax"))[1]["answer"].strip() == nasty


async def test_a_megabyte_is_refused_and_stays_in_the_form(made: World, lee: Client) -> None:
    much = "한빛시 " * 90_000
    response = await send(lee, "/studio/answers/car-tax", {**FORM, "answer": much})
    page = await response.text()
    assert response.status == 413
    assert "100,000자까지" in page
    assert much.strip() in page
    headers = {"Accept": "application/json"}
    saved = await send(lee, "/studio/answers/car-tax/draft", {**FORM, "answer": much}, headers=headers)
    assert "너무 길어서" in (await saved.json())["error"]
    assert await draft_of(made, "car-tax") is None


async def test_the_preview_is_what_is_sent(lee: Client) -> None:
    fields = {**FORM, "answer": "문장이에요. " * 60, "label": ["위택스"], "url": ["https://www.wetax.go.kr"]}
    response = await send(lee, "/studio/answers/car-tax/preview?channel=webchat", fields)
    part = await response.text()
    assert '<p class="title">자동차세는 언제 내나요?</p>' in part
    assert re.search(r"<dt>담당</dt><dd>세정과", part)
    assert re.findall(r"<li>(.*?)</li>", part) == ["더 보기", "위택스"] or "위택스" in part
    empty = await send(lee, "/studio/answers/car-tax/preview", {"answer": "", "valid_until": "x"})
    assert "…" in await empty.text()


class TestMeanwhileInTheFiles:
    async def test_other_fields_are_brought_together(self, made: World, lee: Client, data: Path) -> None:
        await send(lee, "/studio/answers/car-tax", {**FORM, "answer": "초안의 글"})
        (data / "answers/tax.yml").write_text(TAX.replace("제128조", "제129조"))
        await _seen(lee)
        page = await text(lee, "/studio/answers/car-tax")
        assert "파일에서 바뀐 것을 초안에 합쳤어요" in page
        assert 'value="지방세법 제129조"' in page
        fields = {**FORM, "answer": "초안의 글", "source_title": "지방세법 제129조", "version": "1"}
        await send(lee, "/studio/answers/car-tax", fields)
        draft, _ = await draft_of(made, "car-tax")
        assert "제129조" in draft.base

    async def test_the_same_field_is_settled_by_a_person(self, made: World, lee: Client, data: Path) -> None:
        fields = {**FORM, "answer": "초안의 글", "source_title": "초안의 출처"}
        await send(lee, "/studio/answers/car-tax", fields)
        changed = TAX.replace("6월과 12월에 내요.", "파일의 글").replace("제128조", "제129조")
        (data / "answers/tax.yml").write_text(changed)
        await _seen(lee)
        assert "/studio/answers/car-tax/settle" in await text(lee, "/studio/answers/car-tax")
        page = await text(lee, "/studio/answers/car-tax/settle")
        for part in ("6월과 12월에 내요.", "초안의 글", "파일의 글", "초안의 출처"):
            assert part in page
        chosen = {"answer": "theirs", "source": "mine", "version": "1"}
        await send(lee, "/studio/answers/car-tax/settle", chosen)
        draft, kept = await draft_of(made, "car-tax")
        assert (kept["answer"].strip(), kept["source"]["title"]) == ("파일의 글", "초안의 출처")
        assert "파일의 글" in draft.base
        settled = await lee.get("/studio/answers/car-tax/settle", allow_redirects=False)
        assert settled.status == 303

    async def test_what_went_can_be_made_anew_or_let_go(self, made: World, lee: Client, data: Path) -> None:
        await send(lee, "/studio/answers/car-tax", {**FORM, "answer": "초안의 글"})
        (data / "answers/tax.yml").write_text("topic: 세금\nentries: []\n")
        await _seen(lee)
        assert "파일에서 지워졌어요" in await text(lee, "/studio/answers/car-tax/settle")
        await send(lee, "/studio/answers/car-tax/settle", {"version": "1"})
        assert (await draft_of(made, "car-tax"))[0].kind == "new"

    async def test_deleting_what_was_changed_is_asked_again(
        self, made: World, lee: Client, data: Path
    ) -> None:
        await send(lee, "/studio/answers/car-tax/delete", {"version": "0"})
        (data / "answers/tax.yml").write_text(TAX.replace("6월과 12월에 내요.", "파일의 글"))
        await _seen(lee)
        assert "파일의 글" in await text(lee, "/studio/answers/car-tax/settle")
        await send(lee, "/studio/answers/car-tax/settle", {"whole": "mine", "version": "1"})
        draft, _ = await draft_of(made, "car-tax")
        assert "파일의 글" in draft.base
        assert draft.kind == "gone"


async def _seen(client: Client) -> None:
    """The files are looked at again after 0.3 s."""
    import asyncio

    await asyncio.sleep(0.35)


async def test_twins_are_confirmed_by_a_person_and_lapse_with_a_change(made: World, lee: Client) -> None:
    fields = {
        **FORM,
        "plain_answer": "여섯 달마다 내요.",
        "en_questions": "When?\n\n ",
        "en_answer": "In June.",
        "en_links": "Pay | here | https://www.wetax.go.kr/en\n\n",
    }
    await send(lee, "/studio/answers/car-tax", {**fields, "do": "verify:en"})
    _, kept = await draft_of(made, "car-tax")
    assert kept["plain"] == {"answer": "여섯 달마다 내요."}
    twin = {
        "questions": ["When?"],
        "answer": "In June.",
        "links": [{"label": "Pay | here", "url": "https://www.wetax.go.kr/en"}],
        "verified_on": "2026-11-23",
    }
    assert kept["translations"] == {"en": twin}
    page = await text(lee, "/studio/answers/car-tax")
    assert "2026-11-23에 확인함" in page
    assert "Pay | here | https://www.wetax.go.kr/en" in page
    assert "아직 확인하지 않음" in page
    await send(lee, "/studio/answers/car-tax", {**FORM, "version": "1"})
    assert (await draft_of(made, "car-tax"))[1]["translations"] == {"en": twin}
    await send(lee, "/studio/answers/car-tax", {**fields, "answer": "바뀐 글", "version": "1"})
    _, kept = await draft_of(made, "car-tax")
    assert "verified_on" not in kept["translations"]["en"]
    await send(lee, "/studio/answers/car-tax", {**FORM, "plain_answer": "", "version": "2"})
    _, kept = await draft_of(made, "car-tax")
    assert "plain" not in kept
    await send(lee, "/studio/answers/car-tax", {**fields, "en_links": "Pay", "version": "3"})
    _, kept = await draft_of(made, "car-tax")
    assert kept["translations"]["en"]["links"] == [{"label": "Pay", "url": ""}]
