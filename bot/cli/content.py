"""`sotong check` and `sotong import answers` on the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.content.check import check as check_content
from bot.content.document import Unreadable
from bot.content.importer import ImportRefused, read_mapping
from bot.content.importer import import_answers as import_file
from bot.content.load import read_departments
from bot.content.problem import ContentError


def check(data_dir: Path, answers_dir: Path) -> int:
    """Print every fault in the content; 1 when there is an error, 0 with warnings or nothing."""
    console = Console(soft_wrap=True)
    problems = check_content(data_dir, answers_dir)
    for problem in problems:
        colour = "red" if problem.severity == "error" else "yellow"
        console.print(
            f"[{colour}]●[/] [bold]{problem.path}:{problem.line}[/] {problem.rule}", highlight=False
        )
        console.print(f"    {problem.message}\n    → {problem.remedy}", markup=False, highlight=False)
    errors = sum(problem.severity == "error" for problem in problems)
    if not problems:
        console.print("[green]✓[/] 잘못된 곳이 없어요.")
    else:
        console.print(f"고쳐야 할 것 {errors}개, 살펴볼 것 {len(problems) - errors}개")
    return 1 if errors else 0


def import_answers(file: Path, into: Path, mapping: str, data_dir: Path, *, replace: bool) -> int:
    """Import a file of questions and answers; 1 when nothing could be imported.

    Owners may be given as ids or names of the departments in `data_dir`.
    """
    console = Console(soft_wrap=True)
    try:
        departments = read_departments(data_dir / "departments.yml")[0].departments
    except (Unreadable, ContentError, FileNotFoundError):
        departments = ()  # an installation may import before it has written down its departments
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
