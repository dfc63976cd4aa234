"""No document leads nowhere, and none is out of reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.settings import ROOT

INDEX = ROOT / "docs" / "README.md"
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")})


@cache
def read(path: Path) -> tuple[Token, ...]:
    return tuple(MarkdownIt("commonmark").enable("table").parse(path.read_text("utf-8")))


def links(path: Path) -> Iterator[str]:
    for token in read(path):
        for child in token.children or ():
            if address := child.attrs.get("href") or child.attrs.get("src"):
                yield str(address)


@cache
def anchors(path: Path) -> frozenset[str]:
    """The names by which GitHub's and GitLab's pages know the headings."""
    found: dict[str, int] = {}
    tokens = read(path)
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            inside = tokens[at + 1].children or ()
            words = "".join(child.content for child in inside if child.type in ("text", "code_inline"))
            name = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
            found[name] = found.get(name, -1) + 1
            if found[name]:
                found[f"{name}-{found[name]}"] = 0
    return frozenset(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for address in links(page):
        parts = urlsplit(address)
        if parts.scheme:
            assert parts.scheme in ("http", "https", "mailto"), address
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.exists() or (
            parts.fragment and target.suffix == ".md" and unquote(parts.fragment) not in anchors(target)
        ):
            lost.append(address)
    assert lost == []


def test_the_index_names_every_document() -> None:
    named = {(INDEX.parent / unquote(urlsplit(address).path)).resolve() for address in links(INDEX)}
    assert [page.relative_to(ROOT) for page in PAGES if page != INDEX and page not in named] == []


def test_the_checklists_of_accessibility_are_whole_and_their_tests_exist() -> None:
    page = (ROOT / "docs" / "accessibility.md").read_text("utf-8")
    assert len(re.findall(r"^\| [5-8]\.\d\.\d ", page, re.MULTILINE)) == 33  # KWCAG 2.2
    rows = re.findall(r"^\| ((?:\d\.\d\.\d+(?: · )?)+) [^|]+ \| (?!.*Tech)", page, re.MULTILINE)
    assert sum(len(row.split(" · ")) for row in rows if row[0] in "1234") == 55  # WCAG 2.2 A and AA
    named = re.findall(r"`((?:\w+/)?test_\w+\.py)(?:::(\w+))?`", page)
    assert len(named) > 30
    for file, test in named:
        assert f"def {test}(" in (ROOT / "tests" / file).read_text("utf-8") if test else True, (file, test)
        assert (ROOT / "tests" / file).exists()


def test_hooks_before_a_commit_fetch_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert {repo["repo"] for repo in config["repos"]} == {"local"}
    hooks = [hook for repo in config["repos"] for hook in repo["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    files = re.findall(r"tests/\w+\.py", " ".join(hook["entry"] for hook in hooks))
    assert files
    assert [file for file in files if not (ROOT / file).exists()] == []
