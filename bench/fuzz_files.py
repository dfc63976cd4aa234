"""What staff upload and write, and what other systems answer."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import parse_qsl

from multidict import MultiDict
from openpyxl import Workbook

from bot.catalogue.envelope import Gov24Error, read
from bot.catalogue.fields import public_service, service_id
from bot.content.document import Unreadable, parse_document
from bot.content.importer import cells as columns
from bot.content.importer.convert import convert, topics_of
from bot.content.importer.head import find_head
from bot.content.importer.tables import ImportRefused, read_rows
from bot.content.load import answers_of
from bot.services.answer import UnfitAnswer, read_answer
from bot.services.load import load_services
from bot.studio.answer_form import read as read_form
from bot.studio.answer_text import Written, write_answer
from bot.studio.answer_text import read_answer as read_draft
from bot.studio.intents_text import NotEditable, read_blocks
from bot.studio.splice import Unwritable

DATA = Path(__file__).resolve().parent.parent / "data"
_SHORT = 1500
"""Bytes of a seed: what is longer is slower, and finds no more."""

One = Callable[[bytes], None]


def document() -> One:
    """A content file: as YAML, as answers, as a draft's text."""

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        with contextlib.suppress(Unreadable):
            answers_of(parse_document(text, Path("answers.yml")))
        with contextlib.suppress(Unreadable):
            read_draft(text)

    return one


def documents() -> Iterator[bytes]:
    """The beginnings of files of each kind."""
    for folder in ("answers", "services", "thesaurus", "life_events", "rules"):
        path = sorted((DATA / folder).glob("*.yml"))[0]
        lines = path.read_text("utf-8").splitlines(keepends=True)
        yield "".join(lines[:25]).encode()[:_SHORT]


def examples() -> One:
    """A file of examples as the studio edits it."""

    def one(data: bytes) -> None:
        with contextlib.suppress(NotEditable):
            read_blocks(data.decode("utf-8", "surrogateescape"))

    return one


def example_files() -> Iterator[bytes]:
    """The beginnings of some."""
    for path in sorted((DATA / "nlu").glob("*.yml"))[::20]:
        yield "".join(path.read_text("utf-8").splitlines(keepends=True)[:15]).encode()[:_SHORT]


def _importing(ending: str) -> One:
    folder = tempfile.TemporaryDirectory(
        prefix="sotong-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None
    )
    path = Path(folder.name) / f"table{ending}"

    def one(data: bytes, _kept: object = folder) -> None:
        path.write_bytes(data)
        with contextlib.suppress(ImportRefused):
            rows, names = read_rows(path)
            head = find_head(rows, names, {})
            topics_of(head.body, head.columns)
            convert(head.body, head.columns, head.width, path.name, {}, (), None)

    return one


def csv() -> One:
    """A table of answers as CSV."""
    return _importing(".csv")


def tables() -> Iterator[bytes]:
    """With commas, tabs and quotes; in UTF-8, UTF-16 and CP949."""
    text = (
        '번호,제목,내용,분류,링크\na1,여권은 얼마예요?,5만 원이에요.,여권,https://a.kr\n,"두\n줄",\'=1+1,,\n'
    )
    yield from (text.encode(), text.replace(",", "\t").encode("utf-16"), text.encode("cp949"))


def jsonl() -> One:
    """The same as a line of JSON for each answer."""
    return _importing(".jsonl")


def lines() -> Iterator[bytes]:
    """Some."""
    rows = (
        {"question": "여권은 얼마예요?", "answer": "5만 원이에요.", "topic": "여권"},
        {"제목": ["가", 1, None]},
    )
    yield from (json.dumps(row, ensure_ascii=False).encode() for row in rows)
    yield "\n".join(json.dumps(row) for row in rows).encode()


def xlsx() -> One:
    """A workbook: the input is the XML of its sheet, or a whole file."""
    read_file, whole = _importing(".xlsx"), next(sheets_whole())

    def one(data: bytes) -> None:
        if data.startswith(b"PK"):
            read_file(data)
            return
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                new.writestr(name, data if name == "xl/worksheets/sheet1.xml" else old.read(name))
        read_file(out.getvalue())

    return one


def sheets_whole() -> Iterator[bytes]:
    """A small workbook."""
    book, out = Workbook(), io.BytesIO()
    for row in (["제목", "내용"], ["여권은 얼마예요?", "5만 원이에요."], [1, 2.5], [None, "=A1"]):
        book.active.append(row)
    book.active.merge_cells("A3:A4")
    book.save(out)
    yield out.getvalue()


def sheets() -> Iterator[bytes]:
    """It, and its sheet."""
    for whole in sheets_whole():
        yield whole
        with zipfile.ZipFile(io.BytesIO(whole)) as packed:
            yield packed.read("xl/worksheets/sheet1.xml")


def cells() -> One:
    """Cells of such a table: days, links, yes and no."""

    def one(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        columns.lines(columns.clean(text))
        columns.one_line(text)
        assert columns.unguarded(columns.guarded(text)) == text
        for reader in (columns.day, columns.links, columns.flag):
            with contextlib.suppress(columns.BadCell):
                reader(text)

    return one


def cell_texts() -> Iterator[bytes]:
    """Some of each."""
    said = (
        "2026-11-23",
        "2026.1.2.",
        "20261123",
        "예",
        "누리집 | https://a.kr\nhttps://b.kr",
        "'=1+1",
        "45000.5",
    )
    return (each.encode() for each in said)


def form() -> One:
    """The form of an answer as a browser sends it, and the text that it becomes."""

    def one(data: bytes) -> None:
        typed = MultiDict(parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True))
        made = read_form(
            typed, Written("passport", {"source": {"title": "여권법"}, "plain": "글", "custom": [1]})
        )
        try:
            text = write_answer(made.topic, made.fields)
        except Unwritable:
            return
        again = read_draft(text)
        assert again.fields.keys() == dict(made.fields).keys() - {"topic"}, text

    return one


def forms() -> Iterator[bytes]:
    """Every field of it."""
    yield (
        "question=여권은 얼마예요%3F&question=&answer=5만 원%0D%0A이에요.&owner=civil&source_title=법&source_url=https://a"
        "&label=가&url=https://b&valid_from=2026-01-01&example=1&topic=passport&plain_answer=쉬워요&en_answer=It"
    ).encode()


def gov24() -> One:
    """The answer of the public services' API, and the service that its rows describe."""

    def one(data: bytes) -> None:
        try:
            page = read((200, 401, 500)[len(data) % 3], data)
        except Gov24Error:
            return
        for row in page.rows:
            id_ = service_id(row)
            if id_:
                json.dumps(asdict(public_service(id_, row, row, row, None)), default=str)

    return one


def gov24_bodies() -> Iterator[bytes]:
    """A page, and a refusal in each of its forms."""
    row = {
        "서비스ID": "123", "서비스명": "아동수당", "지원유형": "현금||현물", "상세조회URL": "https://a.kr",
        "소관기관명": "보건복지부", "문의처": "보건복지상담센터/129||시청/02-120", "온라인신청사이트URL": "https://b||c",
        "법령": "아동수당법(제4조)", "수정일시": "20261123090000", "JA0101": "Y", "JA0110": 0, "JA0111": "8",
    }  # fmt: skip
    yield json.dumps({"data": [row], "matchCount": 1, "perPage": 10}, ensure_ascii=False).encode()
    yield b'{"code": -10, "msg": "limit"}'
    yield (
        b"<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>UNKNOWN_ERROR"
        b"</returnAuthMsg><returnReasonCode>99</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
    )


def service_answer() -> One:
    """What the city's systems answer to each service."""
    services = list(load_services(DATA / "services").files.values())

    def one(data: bytes) -> None:
        for service in services:
            with contextlib.suppress(UnfitAnswer):
                read_answer(service.definition, data)

    return one


def service_answers() -> Iterator[bytes]:
    """All that any of them may hold."""
    fields: dict[str, object] = {}
    for service in load_services(DATA / "services").files.values():
        for name, kind in service.definition.answer.items():
            fields[name] = {"date": "2026-11-23", "time": "09:00"}.get(str(kind).rstrip("?"), "1")
            if not isinstance(kind, str):
                fields[name] = [dict.fromkeys(kind.list, "1")]
    yield json.dumps(fields).encode()
