"""A spreadsheet becomes drafts, by way of the console's pages."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientResponse, FormData
from aiohttp.test_utils import TestClient, TestServer
from openpyxl import Workbook, load_workbook

from bot.content.importer.tables import MAX_UNPACKED
from bot.settings import ROOT
from bot.studio.answer_text import read_answer
from bot.studio.drafts import Drafts
from bot.studio.imports import MOST
from tests.console_support import PASSWORD, Client, World, csrf, log_in, world

ANSWERS = """\
# 세정과가 맡은 답변이에요.
topic: 세금
entries:
  - id: tax-car
    questions: [자동차세는 언제 내나요?, 자동차세 납부]
    answer: 6월과 12월에 내요.
    owner: local-tax
    source: {title: 지방세법}
    confirmed_on: 2026-10-01
    translations:
      en: {questions: [When is car tax due?], answer: In June and December.}
  - id: tax-pay
    questions: [지방세는 어떻게 내나요?]
    answer: 위택스에서 내요. # 창구도 돼요
    source: {title: 위택스}
"""
HERE = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Studio:
    client: Client
    made: World
    drafts: Drafts

    async def send(self, name: str, body: bytes) -> ClientResponse:
        form = FormData()
        form.add_field("file", body, filename=name)
        return await self.client.post("/studio/import", data=form, headers=HERE, allow_redirects=False)

    async def arrive(self, name: str, body: bytes) -> str:
        response = await self.send(name, body)
        assert response.status == 303, await response.text()
        return response.headers["Location"]

    async def page(self, path: str) -> str:
        for _ in range(200):
            response = await self.client.get(path)
            text = await response.text()
            assert response.status == 200, text
            if "data-job" not in text:
                return text
            await asyncio.sleep(0.05)
        raise AssertionError("the work never ended")

    async def post(self, path: str, **fields: str) -> str:
        response = await self.client.post(path, data=fields, headers=HERE, allow_redirects=False)
        assert response.status == 303, await response.text()
        return await self.page(response.headers["Location"])

    async def preview(self, name: str, body: bytes, **columns: str) -> tuple[str, str]:
        where = await self.arrive(name, body)
        return where, await self.post(f"{where}/columns", **columns)


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async with opened(tmp_path) as made:
        yield made


@asynccontextmanager
async def opened(
    folder: Path, *, roles: tuple[str, ...] = ("administrator",), departments: tuple[str, ...] = ("*",)
) -> AsyncIterator[Studio]:
    data = folder / "data"
    (data / "answers").mkdir(parents=True)
    (data / "answers" / "tax.yml").write_text(ANSWERS, "utf-8")
    for path in (ROOT / "data").iterdir():
        if path.name != "answers":
            (data / path.name).symlink_to(path)
    async with world(folder, data_dir=data, var_dir=folder / "var") as made:
        await made.hire("kim", "김하늘", PASSWORD, roles=roles, departments=departments)
        async with TestClient(TestServer(made.app())) as client:
            await log_in(client, "kim", PASSWORD)
            yield Studio(client, made, Drafts(made.engine, made.clock))


def sheet(*rows: tuple[str | None, ...], merge: str = "") -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    if merge:
        page.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def test_a_table_is_looked_at_and_becomes_drafts_and_can_be_undone(studio: Studio) -> None:
    body = (
        "id,질문,답변,담당부서,주제\n"
        "tax-car,자동차세는 언제 내나요?,3월에 내요.,local-tax,세금\n"
        "tax-pay,지방세는 어떻게 내나요?,위택스에서 내요.,,세금\n"
        ",주민세는 언제 내나요?,8월에 내요.,,세금\n"
        ",답이 없는 질문,,,세금\n"
    ).encode("cp949")
    where = await studio.arrive("세금.csv", body)
    page = await studio.page(where)
    assert "selected>질문" in page
    page = await studio.post(f"{where}/columns", id="0", question="1", answer="2", owner="3", topic="4")
    assert "2개를 초안으로 만들기" in page
    changed = await studio.page(f"{where}?show=changed")
    assert "<del>6월과 12월에 내요.</del>" in changed
    assert "<ins>3월에 내요.</ins>" in changed
    refused = await studio.page(f"{where}?show=refused")
    assert "답변이 비어 있어요" in refused
    assert "5행" in refused
    assert await studio.drafts.list() == []
    page = await studio.post(f"{where}/save")
    assert "초안을 만들었어요" in page
    car = await studio.drafts.find("answer:tax-car")
    assert car is not None
    assert car.kind == "changed"
    assert car.text is not None
    written = read_answer(car.text)
    assert written.fields["answer"] == "3월에 내요."
    assert written.fields["questions"] == ["자동차세는 언제 내나요?", "자동차세 납부"]
    assert written.fields["translations"]["en"]["answer"] == "In June and December."
    assert written.fields["confirmed_on"] == "2026-10-01"
    new = [draft for draft in await studio.drafts.list() if draft.kind == "new"]
    assert [draft.title for draft in new] == ["주민세는 언제 내나요?"]
    assert (studio.made.settings.data_dir / "answers" / "tax.yml").read_text("utf-8") == ANSWERS
    await studio.drafts.save(
        car.item, car.title, car.base, car.text + "# 손댐\n", car.version, car.operator_id, note=car.note
    )
    page = await studio.post(f"{where}/undo")
    assert "1개는 그대로" in page
    assert [draft.item for draft in await studio.drafts.list()] == ["answer:tax-car"]


async def test_somebodys_draft_is_left_to_them(studio: Studio) -> None:
    other = await studio.made.hire("lee", "이바다", PASSWORD)
    await studio.drafts.save("answer:tax-car", "자동차세", None, "topic: tax\n", 0, other)
    where, _ = await studio.preview("a.csv", "id,답변\ntax-car,새 답\n".encode(), id="0", answer="1")
    page = await studio.post(f"{where}/save")
    assert "이바다" in page
    draft = await studio.drafts.find("answer:tax-car")
    assert draft is not None
    assert draft.operator == "이바다"


async def test_merged_cells_are_read_as_they_look(studio: Studio) -> None:
    body = sheet(
        ("주제", "질문", "답변"), ("세금", "첫 질문", "첫 답"), (None, "둘째 질문", "둘째 답"), merge="A2:A3"
    )
    where, page = await studio.preview("합친 칸.xlsx", body, topic="0", question="1", answer="2")
    assert "2~3행에 합쳐진 칸의 글 ‘세금’" in page
    await studio.post(f"{where}/save")
    topics = {read_answer(draft.text or "").topic for draft in await studio.drafts.list()}
    assert topics == {"세금"}


async def test_what_cannot_be_read_is_said_with_the_row(studio: Studio) -> None:
    cases = {
        "빈.csv": (b"", "파일이 비어 있어요"),
        "따옴표.csv": ('질문,답변\n"닫지 않은,답\n'.encode(), "2행에서 시작하는 칸의 따옴표"),
        "깨진.csv": ("질문,답변\n가,나\n".encode() + b"\xff\xfe\x80,\n", "3행 즈음에 알아볼 수 없는 글자"),
        "아님.xlsx": (b"PK not a zip", "열 수 없는 엑셀 파일"),
    }
    for name, (body, said) in cases.items():
        page = await studio.page(await studio.arrive(name, body))
        assert said in page, name
        assert "/tmp/" not in page
    wrong = await studio.send("그림.png", b"x")
    assert wrong.status == 400
    assert "XLSX나 CSV로" in await wrong.text()


async def test_a_huge_file_is_refused_at_once(studio: Studio) -> None:
    wrong = await studio.send("큰.csv", b"x" * (MOST + 1))
    assert wrong.status == 413
    assert "20MB보다 커요" in await wrong.text()
    head = {
        **HERE,
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(100 * 1024 * 1024),
    }

    async def never() -> AsyncIterator[bytes]:
        yield b"--x\r\n"
        await asyncio.sleep(30)

    early = await asyncio.wait_for(studio.client.post("/studio/import", data=never(), headers=head), 5)
    assert early.status == 413
    assert list((studio.made.settings.var_dir / "imports").glob("*/table.*")) == []


async def test_a_file_that_unpacks_to_too_much_is_not_opened(studio: Studio) -> None:
    packed = io.BytesIO(sheet(("질문", "답변"), ("가", "나")))
    with (
        zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/bomb.xml", "w", force_zip64=True) as bomb,
    ):
        for _ in range(MAX_UNPACKED // 10_000_000 + 1):
            bomb.write(bytes(10_000_000))
    page = await studio.page(await studio.arrive("폭탄.xlsx", packed.getvalue()))
    assert "MB라서 열지 않았어요" in page


async def test_scripts_in_a_table_stay_words(studio: Studio) -> None:
    body = "질문,답변\n<script>alert(1)</script>?,<img src=x onerror=alert(1)>\n".encode()
    _, page = await studio.preview("a.csv", body, question="0", answer="1")
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_an_export_that_comes_back_changes_nothing(studio: Studio) -> None:
    for kind in ("xlsx", "csv", "jsonl"):
        response = await studio.client.get("/studio/export", params={"kind": kind})
        assert response.status == 200
        where = await studio.arrive(f"answers.{kind}", await response.read())
        page = await studio.page(where)
        columns = dict(re.findall(r'<select id="(\w+)".*?<option value="(\d+)" selected', page))
        page = await studio.post(f"{where}/columns", **columns)
        assert "<b>2</b><span>그대로예요" in page, kind
        assert "<b>0</b><span>바뀌어요" in page, kind


async def test_formulas_are_no_formulas_in_a_spreadsheet(studio: Studio) -> None:
    file = studio.made.settings.data_dir / "answers" / "tax.yml"
    file.write_text(ANSWERS.replace("6월과 12월에 내요.", '"=1+1"'), "utf-8")
    response = await studio.client.get("/studio/export", params={"kind": "xlsx"})
    book = load_workbook(io.BytesIO(await response.read()))
    values = [cell.value for row in book["답변"].iter_rows() for cell in row]
    assert "'=1+1" in values


async def test_an_editor_imports_into_own_departments_only(tmp_path: Path) -> None:
    async with opened(tmp_path, roles=("editor",), departments=("welfare",)) as studio:
        where, _ = await studio.preview("a.csv", "id,답변\ntax-car,새 답\n".encode(), id="0", answer="1")
        page = await studio.page(f"{where}?show=refused")
        assert "‘local-tax’ 부서의 답변이라 고칠 수 없어요" in page


async def test_imports_are_the_persons_own(studio: Studio) -> None:
    where = await studio.arrive("a.csv", "질문,답변\n가,나\n".encode())
    await studio.made.hire("lee", "이바다", PASSWORD, roles=("administrator",))
    async with TestClient(TestServer(studio.made.app())) as other:
        await log_in(other, "lee", PASSWORD)
        assert (await other.get(where)).status == 404


async def test_without_a_token_from_elsewhere_nothing_is_received(studio: Studio) -> None:
    response = await studio.client.post(
        "/studio/import", data={"file": "x"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status == 403
    assert csrf(await studio.page("/studio/import"))
