"""Every word that a person sees in the console can be said in English too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

import bot.console
from bot.console.catalogue import found, kept, missing
from bot.console.labels import Calendar, Labels
from bot.console.words import Words

HERE = Path(bot.console.__file__).parent
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
MODULES = sorted(HERE.glob("*.py"))
SCRIPTS = sorted((HERE / "static").glob("*.js"))
HANGUL = re.compile("[가-힣]")
TRANSLATES = {"_", "N_", "say", "words", "told", "gettext"}


def unwrapped(node: nodes.Node, inside: bool = False) -> Iterator[str]:
    """The Korean in a template that no translator sees."""
    match node:
        case nodes.TemplateData() if HANGUL.search(node.data):
            yield f"line {node.lineno}: {node.data.strip()[:60]}"
        case nodes.Const() if not inside and isinstance(node.value, str) and HANGUL.search(node.value):
            yield f"line {node.lineno}: {node.value[:60]}"
    wraps = (
        isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATES
    )
    for child in node.iter_child_nodes():
        yield from unwrapped(child, inside or wraps)


def said(node: ast.AST, inside: bool = False) -> Iterator[str]:
    """The Korean in a module that no translator sees; docstrings are not shown to anybody."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and not inside
        and HANGUL.search(node.value)
    ):
        yield f"line {node.lineno}: {node.value[:60]}"
    called = node.func if isinstance(node, ast.Call) else None
    name = (
        called.id
        if isinstance(called, ast.Name)
        else called.attr
        if isinstance(called, ast.Attribute)
        else ""
    )
    wraps = name.lstrip("_") in {each.lstrip("_") for each in TRANSLATES} and bool(name)
    for child in ast.iter_child_nodes(node):
        yield from said(child, inside or wraps)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_template_wraps_its_words(file: Path) -> None:
    env = jinja2.Environment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    assert list(unwrapped(env.parse(file.read_text()))) == []


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.name)
def test_a_module_wraps_its_words(file: Path) -> None:
    assert list(said(ast.parse(file.read_text()))) == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_a_script_has_no_words_of_its_own(file: Path) -> None:
    assert not HANGUL.search(file.read_text())


def test_every_word_has_its_english_and_the_catalogue_no_other() -> None:
    wanted, catalogue = found(), kept()
    assert missing(catalogue) == []
    texts = {message.id for message in wanted if message.id}
    assert {message.id for message in catalogue if message.id} == texts  # `make words` brings both together


def test_a_translation_takes_the_same_values() -> None:
    value = re.compile(r"%\(\w+\)\.?\d*[a-z]")
    for message in kept():
        if isinstance(message.id, str) and message.id:
            assert sorted(value.findall(message.id)) == sorted(value.findall(str(message.string))), message.id
            assert not HANGUL.search(str(message.string)), message.id


def test_moments_and_durations_in_both_languages() -> None:
    from datetime import UTC, datetime, timedelta

    at = datetime(2026, 11, 23, 5, 5, tzinfo=UTC)
    korean, english = Words("ko"), Words("en")
    assert Calendar(UTC, korean).day(at) == "2026년 11월 23일 월요일"
    assert Calendar(UTC, english).day(at) == "Monday, November 23, 2026"
    assert (Calendar(UTC, korean).clock(at), Calendar(UTC, english).clock(at)) == ("오전 5:05", "5:05 AM")
    assert Calendar(UTC, korean).short(at, at + timedelta(days=3)) == "11월 23일"
    assert Calendar(UTC, english).short(at, at + timedelta(days=400)) == "Nov 23, 2026"
    for minutes, ko, en in (
        (0, "방금", "just now"),
        (12, "12분째", "for 12 min"),
        (120, "2시간째", "for 2 h"),
        (125, "2시간 5분째", "for 2 h 5 min"),
    ):
        waited = timedelta(minutes=minutes)
        assert (Labels(korean).waited(waited), Labels(english).waited(waited)) == (ko, en)
