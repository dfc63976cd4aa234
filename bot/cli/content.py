"""`sotong import answers` and `sotong export answers` on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.content.document import Unreadable
from bot.content.exporter import CannotExport, Entry, kind_of, table
from bot.content.importer import ImportRefused, read_mapping
from bot.content.importer import import_answers as import_file
from bot.content.load import answer_files, read_answers, read_departments
from bot.content.models import Department
from bot.content.problem import ContentError


def export_answers(out: Path, folder: Path, data_dir: Path) -> int:
    """Write every answer of a folder into a table; 1 when that cannot be."""
    console = Console(soft_wrap=True)
    try:
        entries = [
            Entry(
                placed.answer.id,
                str(placed.document.data["topic"]),
                placed.document.data["entries"][placed.index],
            )
            for path in answer_files(folder)
            for placed in read_answers(path).entries
        ]
        out.write_bytes(table(entries, kind_of(out), _departments(data_dir)))
    except (CannotExport, OSError) as error:
        console.print(f"[red]✗[/] 내보내지 못했어요. {error}", highlight=False)
        return 1
    console.print(f"[green]✓[/] 답변 {len(entries):,}개를 {out}에 적었어요.", highlight=False)
    return 0


def import_answers(file: Path, into: Path, mapping: str, data_dir: Path, *, replace: bool) -> int:
    """Import a file of questions and answers; 1 when nothing could be imported.

    Owners may be given as ids or names of the departments in `data_dir`.
    """
    console = Console(soft_wrap=True)
    departments = _departments(data_dir)
    try:
        with Progress(console=Console(stderr=True, soft_wrap=True), transient=True) as progress:
            task = progress.add_task("가져오고 있어요", total=None)
            report = import_file(
                file,
                read_mapping(mapping) if mapping else None,
                into,
                replace=replace,
                departments=departments,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )
    except ImportRefused as error:
        console.print(f"[red]✗[/] 가져오지 않았어요. {error}", highlight=False)
        return 1
    for line, reason in report.refused:
        console.print(f"● {line}번째 줄: {reason}", markup=False, highlight=False, style="yellow")
    for note in report.notes:
        console.print(f"– {note}", markup=False, highlight=False)
    console.print(
        f"[green]✓[/] {report.imported}개를 {into}에 넣었어요. 받지 못한 줄 {len(report.refused)}개.",
        highlight=False,
    )
    return 0 if report.imported else 1


def _departments(data_dir: Path) -> Sequence[Department]:
    """Those written down; an installation may import before it has any."""
    try:
        return read_departments(data_dir / "departments.yml")[0].departments
    except (Unreadable, ContentError, FileNotFoundError):
        return ()
