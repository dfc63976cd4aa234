"""`sotong import answers`: a table of questions and answers becomes answer files, all or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.content.importer.convert import Progress, Refusal, convert, topics_of
from bot.content.importer.head import find_head
from bot.content.importer.mapping import read_mapping
from bot.content.importer.tables import ImportRefused, read_rows
from bot.content.importer.writer import file_names, swapped, write
from bot.content.load import answer_files, load_answers, read_answers
from bot.content.models import Answer, Department

__all__ = ["ImportRefused", "ImportReport", "Refusal", "import_answers", "read_mapping"]

MAX_TOPICS = 300
"""More are no topics: the wrong column was mapped."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    imported: int
    refused: list[Refusal]
    """(line, reason) of every row left out, in the order of lines."""
    files: list[Path]
    """Written files."""
    notes: list[Refusal]
    """(line, what) of rows that came in with something left empty or changed."""
    empty: int
    """Rows without any text, ignored."""


def import_answers(
    file: Path,
    mapping: Mapping[str, str] | None,
    target: Path,
    *,
    replace: bool = False,
    departments: Sequence[Department] = (),
    progress: Progress | None = None,
) -> ImportReport:
    """Import a CSV, XLSX or JSONL file into the answers folder `target`, one file a topic.

    `mapping` is field → column (`FIELDS` in `mapping.py`); without it columns are guessed from usual
    headers. What lies in `target` stays; files of the same
    name are written over only with `replace`. `departments` turns names in an owner column into ids.
    `progress(done, total)` is called now and then.

    Raises ImportRefused, with a sentence for the user, when nothing was imported; `target` is then
    as it was before.
    """
    wanted = mapping or {}
    rows, names = read_rows(file)
    head = find_head(rows, names, wanted)
    columns, body = head.columns, head.body
    topics = topics_of(body, columns)
    if len(topics) > MAX_TOPICS:
        raise ImportRefused(
            f"주제가 {len(topics):,}가지예요. 주제가 든 열이 맞는지 봐 주세요 (최대 {MAX_TOPICS}가지)."
        )
    files = file_names(topics)
    there = answer_files(target) if target.is_dir() else []
    parts = re.compile("|".join(re.escape(name[:-4]) + r"(\.\d+)?\.yml" for name in files.values()))
    clash = [path for path in there if parts.fullmatch(path.name)]
    if clash and not replace:
        raise ImportRefused(
            f"{target}에 이미 {', '.join(path.name for path in clash[:5])}이(가) 있어요. "
            "다른 폴더를 고르거나, 덮어써도 되면 --replace 를 붙여 주세요."
        )
    taken = {
        placed.answer.id: path.name
        for path in there
        if path not in clash
        for placed in read_answers(path).entries
    }
    result = convert(body, columns, head.width, file.name, taken, departments, progress)
    if not result.topics:
        reasons = "; ".join(f"{line}행 {reason}" for line, reason in result.refused[:3])
        raise ImportRefused(f"가져올 수 있는 줄이 없어요. {reasons}".strip())
    with _in_words(target), swapped(target) as folder:
        for path in clash:
            (folder / path.name).unlink()
        written = write(folder, result.topics, files)
        _verify(folder, result.topics)
    return ImportReport(
        imported=sum(len(answers) for answers in result.topics.values()),
        refused=result.refused,
        files=[target / name for name in written],
        notes=result.notes,
        empty=result.empty,
    )


def _verify(folder: Path, topics: Mapping[str, Sequence[Answer]]) -> None:
    """The written files, read back, must give the very same answers."""
    read = {answer.id: answer for answer in load_answers(folder).answers}
    for answers in topics.values():
        for answer in answers:
            if read.get(answer.id) != answer:
                raise ImportRefused(
                    f"‘{answer.id}’ 답변을 파일로 옮기면 내용이 달라져서 아무것도 가져오지 않았어요. "
                    "이 줄의 특수 문자를 확인해 주세요."
                )


@contextmanager
def _in_words(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ImportRefused(
            f"{target}에 쓸 수 없어요 ({error.strerror}). 폴더의 권한과 남은 공간을 확인해 주세요."
        ) from error
