"""Tables of questions and answers come in whole, row by row accounted for, or not at all."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.content.importer import ImportRefused, import_answers, read_mapping
from bot.content.importer.cells import clean
from bot.content.load import load_answers
from bot.content.models import Answer, Department

SEOUL = Path(__file__).parent.parent.parent / "shared" / "data" / "seoul120"
HEADER = "번호,분류,제목,내용\n"


def csv_file(folder: Path, text: str, encoding: str = "utf-8", name: str = "faq.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def by_id(folder: Path) -> dict[str, Answer]:
    loaded = load_answers(folder)
    assert loaded.problems == ()
    return {answer.id: answer for answer in loaded.answers}


def test_a_plain_file(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path, HEADER + "2645,복지,아빠 육아휴직,받을 수 있어요\n2644,세금/재정,자동차세,6월에 내요\n"
    )
    calls: list[tuple[int, int]] = []
    report = import_answers(
        path, None, tmp_path / "out", progress=lambda done, total: calls.append((done, total))
    )
    assert (report.imported, report.refused, report.notes, report.empty) == (2, [], [], 0)
    assert [file.name for file in report.files] == ["복지.yml", "세금-재정.yml"]
    assert calls[-1] == (2, 2)
    answer = by_id(tmp_path / "out")["2645"]
    assert answer.questions == ("아빠 육아휴직",)
    assert answer.source.title == "faq.csv 2행"
    assert (tmp_path / "out" / "복지.yml").read_text("utf-8") == (
        'topic: 복지\nentries:\n  - id: "2645"\n    questions:\n      - 아빠 육아휴직\n'
        "    answer: |\n      받을 수 있어요\n    source:\n      title: faq.csv 2행\n\n"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, mark: str) -> None:
    text = f"번호{mark}제목{mark}내용\r\n1{mark}여권{mark}창구에서\r\n"
    report = import_answers(csv_file(tmp_path, text, encoding), None, tmp_path / "out")
    assert report.imported == 1
    assert by_id(tmp_path / "out")["1"].answer == "창구에서"


def test_quoted_line_breaks_and_the_lines_of_refusals(tmp_path: Path) -> None:
    text = HEADER + (
        '1,가,"여러 줄\n제목","첫 줄\n\n\n\n둘째, ""줄"""\n'  # lines 2 to 7
        "\n"  # 8: no cells at all
        " , , ,\n"  # 9: blank cells
        "2,가,,답만 있어요\n"  # 10
        "3,가,질문만 있어요,   \n"  # 11
        "1,가,번호가 같아요,답\n"  # 12
        "4,가,칸이 많아요,답,더,더\n"  # 13
        f"5,가,{'가' * 301},답\n"  # 14
        f"6,{'가' * 61},질문,답\n"  # 15
        "7,가,괜찮아요,답\n"  # 16
    )
    report = import_answers(csv_file(tmp_path, text), None, tmp_path / "out")
    assert report.imported == 2
    assert report.empty == 2
    assert [line for line, _ in report.refused] == [10, 11, 12, 13, 14, 15]
    reasons = " / ".join(reason for _, reason in report.refused)
    for words in ("질문이 비어", "답변이 비어", "2행에서 이미", "머리글(4개)", "301자", "주제가 61자"):
        assert words in reasons
    answers = by_id(tmp_path / "out")
    assert answers["1"].questions == ("여러 줄 제목",)
    assert answers["1"].answer == '첫 줄\n\n둘째, "줄"'
    assert answers["7"].source.title == "faq.csv 16행"


def test_rows_without_ids(tmp_path: Path) -> None:
    text = "제목,내용\n같은 질문,답 하나\n같은 질문,답 둘\n같은 질문,답 하나\n"
    report = import_answers(csv_file(tmp_path, text, name="FAQ 2026.csv"), None, tmp_path / "out")
    assert report.refused == [(4, "2행과 질문과 답변이 같아요")]
    first, second = load_answers(tmp_path / "out").answers
    assert first.id.startswith("faq-2026-")
    assert second.id == first.id + "-2"


def test_ids_that_cannot_be_ids_are_made_anew(tmp_path: Path) -> None:
    report = import_answers(
        csv_file(tmp_path, HEADER + "가-1,복지,질문,답\nA 2,복지,다른 질문,답\n"), None, tmp_path / "out"
    )
    assert [line for line, _ in report.notes] == [2, 3]
    assert all(identifier.startswith("faq-") for identifier in by_id(tmp_path / "out"))


def test_owner_date_source_and_url(tmp_path: Path) -> None:
    departments = [Department(id="tax", name="세정과", phone="120", handles=("세금",))]
    text = (
        "제목,내용,담당부서,확인일,출처,url\n"
        "가,답,세정과,2026. 3. 2.,지방세법,https://www.law.go.kr\n"
        "나,답,TAX,2026년 3월 2일,,\n"
        "다,답,없는과,2026-02-30,,\n"
        "라,답,,20260302,,\n"
    )
    report = import_answers(csv_file(tmp_path, text), None, tmp_path / "out", departments=departments)
    first, second, third, fourth = load_answers(tmp_path / "out").answers
    assert (first.owner, first.confirmed_on) == ("tax", date(2026, 3, 2))
    assert (first.source.title, first.source.url) == ("지방세법", "https://www.law.go.kr")
    assert (second.owner, second.confirmed_on) == ("tax", date(2026, 3, 2))
    assert (third.owner, third.confirmed_on) == (None, None)
    assert fourth.confirmed_on == date(2026, 3, 2)
    assert [line for line, _ in report.notes] == [4, 4]


def test_columns_by_hand(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "키,물음,풀이,갈래\n7,여권?,창구에서,민원\n")
    mapping = "question=물음, answer=풀이,topic=갈래,id=키"
    assert read_mapping(mapping) == {"question": "물음", "answer": "풀이", "topic": "갈래", "id": "키"}
    import_answers(path, read_mapping(mapping), tmp_path / "out")
    assert by_id(tmp_path / "out")["7"].answer == "창구에서"


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (None, ["question·answer", "있는 열: 키, 물음, 풀이"]),
        ("question=물음,answer=플이", ["‘플이’", "있는 열: 키, 물음, 풀이"]),
        ("qestion=물음", ["‘question’인가요"]),
        ("question", ["항목=열 이름"]),
        ("question=물음,question=키", ["두 번"]),
        ("question=물음", ["answer", "있는 열"]),
    ],
)
def test_wrong_columns(tmp_path: Path, mapping: str | None, words: list[str]) -> None:
    path = csv_file(tmp_path, "키,물음,풀이\n7,여권?,창구에서\n")
    with pytest.raises(ImportRefused) as caught:
        import_answers(path, mapping and read_mapping(mapping), tmp_path / "out")
    assert all(word in str(caught.value) for word in words), caught.value
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "raw", "words"),
    [
        ("a.csv", b"", "비어"),
        ("a.csv", "제목,내용\n".encode(), "가져올 수 있는 줄이 없어요"),
        ("a.csv", '제목,내용\n가,답\n나,"닫지 않은 따옴표\n다,답\n'.encode(), "3행"),
        ("a.csv", b"\xec\xa0\x9c\n\xff\xff\xfe", "2행"),
        ("a.xlsx", b"not a workbook", "엑셀"),
        ("a.xls", b"", ".xlsx"),
        ("a.pdf", b"", "CSV, XLSX, JSONL"),
        ("a.jsonl", b"", "question·answer"),
        ("a.csv", ("제목,내용,분류\n" + "".join(f"가{n},답,{n}\n" for n in range(301))).encode(), "301가지"),
    ],
)
def test_files_that_cannot_be_imported(tmp_path: Path, name: str, raw: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(ImportRefused) as caught:
        import_answers(tmp_path / name, None, tmp_path / "out")
    assert words in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="없어요"):
        import_answers(tmp_path / "none.csv", None, tmp_path / "out")


def test_xlsx(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append([])  # an empty first sheet
    sheet = book.create_sheet("FAQ")
    sheet.append(["2026년 자주 묻는 질문"])
    sheet.append([])
    sheet.append(["번호", "분류", "제목", "내용", "확인일"])
    sheet.append([2645.0, "복지", "아빠 육아휴직", "첫 줄_x000D_\n둘째\xa0줄", date(2026, 3, 2)])
    sheet.append([None, None, None, None])
    sheet.append([2644, "복지", "질문만", None])
    book.save(tmp_path / "faq.xlsx")
    report = import_answers(tmp_path / "faq.xlsx", None, tmp_path / "out")
    assert report.refused == [(6, "답변이 비어 있어요")]
    answer = by_id(tmp_path / "out")["2645"]
    assert answer.answer == "첫 줄\n둘째 줄"
    assert answer.confirmed_on == date(2026, 3, 2)
    assert answer.source.title == "faq.xlsx 4행"


def test_jsonl(tmp_path: Path) -> None:
    rows = [
        json.dumps({"id": 7, "question": ["여권 비용", "여권 얼마"], "answer": "5만 원"}, ensure_ascii=False),
        "{not json",
        "",
        "[1]",
        json.dumps({"question": "둘째", "answer": "답 \ud800", "topic": "여권"}),
    ]
    report = import_answers(csv_file(tmp_path, "\n".join(rows), name="a.jsonl"), None, tmp_path / "out")
    assert [line for line, _ in report.refused] == [2, 4]
    answers = load_answers(tmp_path / "out").answers
    assert {answer.questions for answer in answers} == {("여권 비용", "여권 얼마"), ("둘째",)}
    assert {file.name for file in report.files} == {"기타.yml", "여권.yml"}


def test_existing_content_is_safe(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "복지.yml").write_text("topic: 복지\nentries: []\n", encoding="utf-8")
    (out / "note.txt").write_text("메모", encoding="utf-8")
    (out / "other.yml").write_text(
        "topic: 가\nentries:\n  - {id: '1', questions: [가], answer: 가, source: {title: 가}}\n",
        encoding="utf-8",
    )
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    path = csv_file(tmp_path, HEADER + "1,복지,하나,답\n2,복지,둘,답\n")
    with pytest.raises(ImportRefused, match=r"복지\.yml"):
        import_answers(path, None, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    report = import_answers(path, None, out, replace=True)
    assert report.refused == [(2, "번호 ‘1’은 other.yml에서 이미 쓰고 있어요")]
    assert by_id(out).keys() == {"1", "2"}
    assert (out / "note.txt").read_text("utf-8") == "메모"
    assert import_answers(path, None, out, replace=True).imported == 1  # again: the same result
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faq.csv", "out"]


def test_a_failure_while_writing_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up at the second of three files."""
    out = tmp_path / "out"
    import_answers(csv_file(tmp_path, HEADER + "1,가,하나,답\n"), None, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    path = csv_file(tmp_path, HEADER + "2,나,둘,답\n3,다,셋,답\n4,라,넷,답\n")
    real = Path.write_text

    def full(self: Path, *args: object, **kwargs: object) -> int:
        if self.name == "다.yml":
            raise OSError(28, "No space left on device")
        return real(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ImportRefused, match="공간"):
        import_answers(path, None, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faq.csv", "out"]


def test_topics_that_would_share_a_file(tmp_path: Path) -> None:
    text = HEADER + "1,A/b,하나,답\n2,a-B,둘,답\n3,../../etc,셋,답\n4,★,넷,답\n"
    report = import_answers(csv_file(tmp_path, text), None, tmp_path / "out")
    assert [file.name for file in report.files] == ["A-b.yml", "a-B-2.yml", "etc.yml", "topic.yml"]
    assert len(by_id(tmp_path / "out")) == 4


def test_entities_and_odd_characters() -> None:
    assert clean("&amp;amp;apos;가&amp;gt;&apos;") == "'가>'"
    assert clean("a?x=1&copy=2") == "a?x=1&copy=2"
    assert clean("\ufeff가\u200b나\xa0다\r\n라\x00\u2028마  \n") == "가나 다\n라\n마"


cells = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=80, deadline=None)
@example([("", "0\x1f0", "0", 0)])
@given(st.lists(st.tuples(cells, cells, cells, st.integers(0, 99)), min_size=1, max_size=8))
def test_whatever_is_in_a_csv_file(rows: list[tuple[str, str, str, int]]) -> None:
    """Every row is imported as it is, refused with its line, or empty; nothing is lost or invented."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["번호", "분류", "제목", "내용"])
    for topic, question, answer, number in rows:
        writer.writerow([number, topic, question, answer])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = csv_file(folder, buffer.getvalue())
        mapping = read_mapping("question=제목,answer=내용,topic=분류,id=번호")
        try:
            report = import_answers(path, mapping, folder / "out")
        except ImportRefused as refusal:
            assert "가져올 수 있는 줄이 없어요" in str(refusal)  # noqa: PT017
            assert all(not clean(question) or not clean(answer) for _, question, answer, _ in rows)
            return
        assert report.imported + len(report.refused) == len(rows)
        expected: dict[str, tuple[str, str]] = {}
        for _, question, answer, number in rows:
            title, text = " ".join(clean(question).split()), clean(answer)
            if title and text:
                expected.setdefault(str(number), (title, text))
        answers = by_id(folder / "out")
        assert {key: (found.questions[0], found.answer) for key, found in answers.items()} == expected


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "imported", "refused"), [("seoul-120-text.csv", 2640, 5), ("ds120FAQ.xlsx", 2195, 4)]
)
def test_the_public_files(tmp_path: Path, name: str, imported: int, refused: int) -> None:
    if not SEOUL.is_dir():
        pytest.skip("the public FAQ files are not beside the repository")
    start = time.perf_counter()
    report = import_answers(SEOUL / name, None, tmp_path / "out")
    assert time.perf_counter() - start < 15
    start = time.perf_counter()
    assert len(by_id(tmp_path / "out")) == imported
    assert time.perf_counter() - start < 10
    assert (report.imported, len(report.refused)) == (imported, refused)
    if name.endswith(".csv"):  # these five have nothing but spaces for an answer
        assert all(reason == "답변이 비어 있어요" for _, reason in report.refused)
        assert by_id(tmp_path / "out").keys() >= {"1", "2645", "1873", "1874"}
