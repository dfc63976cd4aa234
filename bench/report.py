"""One page and one document of everything `bench/` measured last.

    python bench/report.py

Reads `bench/results/*.json`, writes `bench/results/report.html`, `docs/benchmarks.md` and its plots in
`docs/images/bench-*.svg`. What was not measured is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from about import RESULTS, ROOT, about, read
from report_load import load
from report_quality import intents, quality, sizes
from report_speed import imports, search, turns

from bot.evaluation.report import Chart, Report, Section, html, markdown

_DOCUMENT = ROOT / "docs" / "benchmarks.md"


def sections() -> Iterator[Section]:
    """Everything there is a result for, in the order of a reader's questions."""
    readers: list[tuple[str, Callable[[Any], Section]]] = [
        ("retrieval_quality.json", quality),
        ("retrieval.json", sizes),
        ("intents.json", intents),
        ("turns.json", turns),
        ("load.json", load),
        ("search.json", search),
        ("import.json", imports),
    ]
    for name, section in readers:
        if (result := read(name)) is not None:
            yield section(result)


def write_document(found: list[Section], path: Path) -> None:
    """Markdown, its plots beside it."""
    facts = about()
    blocks = [
        "# 얼마나 잘하고 얼마나 빠른가",
        "`make bench`가 잰 값이에요. 이 파일은 `python bench/report.py`가 `bench/results/`를 읽어 새로 써요. "
        "고칠 것이 있으면 이 파일이 아니라 재는 프로그램을 고쳐 주세요.",
        f"{facts['at']} · {facts['machine']} · `make bench`",
    ]
    pictures: dict[str, str] = {}
    images = path.parent / "images"
    images.mkdir(parents=True, exist_ok=True)
    for old in images.glob("bench-*.svg"):
        old.unlink()
    for section in found:
        for part in section.parts:
            if isinstance(part, Chart):
                name = f"bench-{len(pictures) + 1}.svg"
                (images / name).write_text(part.svg + "\n", encoding="utf-8")
                pictures[part.caption] = f"images/{name}"
        blocks += markdown(section, pictures)
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def main() -> int:
    """Write both; 1 when nothing was measured."""
    found = list(sections())
    if not found:
        print("bench/results has no results: run make bench first")
        return 1
    facts = about()
    names = (("언제", facts["at"]), ("컴퓨터", facts["machine"]), ("명령", "make bench"))
    RESULTS.mkdir(parents=True, exist_ok=True)
    page = html(Report("소통을 재어 봤어요", names, tuple(found)))
    (RESULTS / "report.html").write_text(page, encoding="utf-8")
    write_document(found, _DOCUMENT)
    print("wrote bench/results/report.html and docs/benchmarks.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
