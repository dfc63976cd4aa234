"""What goes out as a table and comes back changes nothing; what is changed in it changes that alone."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.check_texts import fold
from bot.content.exporter import KINDS, Entry, table
from bot.content.importer.compare import Compared, There, compare
from bot.content.importer.head import likely_head
from bot.content.importer.tables import read_rows
from bot.content.models import Answer, Department

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Co", "Cn")), min_size=1, max_size=60
).filter(lambda text: any(char.isalnum() for char in text))
LABEL = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=20)
URL = st.from_regex(r"https://[a-z]{1,9}\.kr/[a-z0-9?=&]{0,9}", fullmatch=True)
DAY = st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat)
LINKS = st.lists(
    st.fixed_dictionaries({"label": LABEL, "url": URL}), max_size=2, unique_by=lambda link: link["label"]
)
TWIN = st.fixed_dictionaries({"answer": TEXT, "verified_on": DAY})
TRANSLATION = st.fixed_dictionaries(
    {"answer": TEXT, "verified_on": DAY, "links": LINKS, "questions": st.lists(TEXT, min_size=1, max_size=3)}
)
FIELDS = st.fixed_dictionaries(
    {
        "questions": st.lists(TEXT, min_size=1, max_size=4),
        "answer": TEXT,
        "owner": st.sampled_from([None, "tax", "gone"]),
        "source": st.fixed_dictionaries({"title": TEXT, "url": st.none() | URL}),
        "links": LINKS,
        "confirmed_on": DAY,
        "valid_from": DAY,
        "valid_until": DAY,
        "example": st.sampled_from([None, "true"]),
        "plain": st.none() | TWIN,
        "translations": st.dictionaries(st.sampled_from(["en", "zh", "vi"]), TRANSLATION),
    }
)
DEPARTMENTS = (Department(id="tax", name="세정과", phone="120", handles=("세금",)),)


def written(value: Any) -> Any:
    """As it stands in a file: what is empty is not there."""
    if isinstance(value, dict):
        return {name: written(part) for name, part in value.items() if part not in (None, [], {})}
    return [written(part) for part in value] if isinstance(value, list) else value


def sound(fields: dict[str, Any]) -> bool:
    try:
        Answer.model_validate({"id": "a", **fields})
    except ValueError:
        return False
    return True


def back(body: bytes, name: str, answers: dict[str, There], departments: tuple[Department, ...]) -> Compared:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(body)
        head = likely_head(*read_rows(path))
    asked = {fold(each): id_ for id_, one in answers.items() for each in one.fields["questions"]}
    return compare(head.body, head.columns, head.width, name, answers, asked, departments, lambda _: True)


@settings(max_examples=25, deadline=None)
@given(st.lists(FIELDS.map(written).filter(sound), min_size=1, max_size=4), st.sampled_from(KINDS))
def test_an_export_that_comes_back_changes_nothing(entries: list[dict[str, Any]], kind: str) -> None:
    answers = {f"a{number}": There("tax", fields) for number, fields in enumerate(entries)}
    body = table([Entry(id_, "세금", one.fields) for id_, one in answers.items()], kind, DEPARTMENTS)
    found = back(body, f"a.{kind}", answers, DEPARTMENTS)
    assert [change for change in found.changes if change.kind in ("new", "changed")] == []
    assert len(found.changes) == len(answers)


@settings(max_examples=15, deadline=None)
@given(FIELDS.map(written).filter(sound), st.sampled_from(KINDS))
def test_a_changed_cell_changes_its_field_alone(fields: dict[str, Any], kind: str) -> None:
    new = {**fields, "answer": "새로 쓴 답이에요."}
    body = table([Entry("a", "세금", new)], kind, DEPARTMENTS)
    [change] = back(body, f"a.{kind}", {"a": There("tax", fields)}, DEPARTMENTS).changes
    assert change.kind == "changed"
    assert [name for name, _, _ in change.differing] == ["answer"]
    assert {name: value for name, value in change.fields.items() if name != "id"} == {
        **fields,
        "answer": "새로 쓴 답이에요.",
    }


@pytest.mark.parametrize(
    ("rows", "kind", "said"),
    [
        ("id,답변\na,\n", "refused", "답변이 비어 있어요"),
        ("id,영어 질문\na,Only a title?\n", "refused", "옮긴 글 en 답변이 비어 있어요"),
        ("id,관련 링크\na,이름만\n", "refused", "‘이름 | https://주소’"),
        ("id,질문\na,같은 질문\na,같은 질문\n", "changed", ""),
        ("질문,답변\n첫 질문,새 답\n", "changed", ""),
        ("질문,답변,담당부서\n새 질문,새 답,세정과\n", "new", ""),
        ("id,확인일\na,어제\n", "unchanged", ""),
        ("id,확인일\na,\n", "changed", ""),
        ("id,쉬운 말\na,\n", "changed", ""),
    ],
)
def test_rows(rows: str, kind: str, said: str) -> None:
    fields = {
        "questions": ["첫 질문"],
        "answer": "답",
        "source": {"title": "법"},
        "confirmed_on": "2026-01-01",
        "plain": {"answer": "쉬운 답"},
    }
    found = back(rows.encode(), "a.csv", {"a": There("tax", fields)}, DEPARTMENTS)
    assert found.changes[0].kind == kind
    assert said in found.changes[0].reason
    if len(found.changes) > 1:
        assert "2행과 같은 답변" in found.changes[1].reason
    if kind == "changed" and "쉬운" in rows:
        assert "plain" not in found.changes[0].fields
