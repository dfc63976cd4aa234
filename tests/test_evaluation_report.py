"""The report of `sotong evaluate`: one whole page that loads nothing, and the same tables everywhere."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

from rich.console import Console

from bot.content.models import Answer, Source
from bot.evaluation import charts
from bot.evaluation.intents import Trial
from bot.evaluation.report import Chart, Report, Section, Table, html, markdown, show
from bot.evaluation.scores import calibration
from bot.evaluation.sections import intents_section, questions_section
from tests.evaluation_support import asked, guess, parsed


def report() -> Report:
    guesses = (
        guess("여권 잃어버렸어요", "passport", ("waste", 0.9)),
        guess("여권 만들어요", "passport", ("passport", 0.8)),
        guess("소파 <b>버려요</b>", "waste", ("passport", 0.7)),
    )
    answers = [
        Answer(id="a", questions=("여권 얼마예요?",), answer="오만 원이에요.", source=Source(title="법"))
    ]
    questions = [asked("checks", {"a"}, "answer", "a"), asked("checks", {"a"}, "reject", "b")]
    return Report(
        "평가",
        (("언제", "오늘"),),
        (
            intents_section(Trial(guesses, 1.0, 1.0, 2.0, 1.5, 300.0), 5),
            questions_section("질문", "이렇게 물었어요.", questions, answers),
        ),
    )


def test_the_page_is_whole_and_loads_nothing() -> None:
    page = parsed(html(report()))
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert all(image["alt"] for image in page.images)
    assert len(page.images) == 2
    assert "33.3%" in page.text  # one of three intents is right
    assert "소파 <b>버려요</b>" in page.text  # shown as typed, not as a tag
    assert "50.0%" in page.text


def test_pictures_are_svg_that_loads_nothing_and_keeps_its_text() -> None:
    bins = calibration([0.2, 0.9], [False, True])
    pictures = [
        charts.calibration_curve({"소통": bins, "기본": bins}),
        charts.lines({"소통": [(1, 7.0), (10_000, 8.0)]}, "몇 번째 턴", "ms", log=True),
        charts.bars(["1명", "8명"], {"소통": [60, 150], "기본": [40, None]}, "초당 메시지"),
    ]
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        references = [value for node in root.iter() for name, value in node.items() if name.endswith("href")]
        assert all(reference.startswith("#") for reference in references)
        assert not re.search(r"url\((?!#)", picture)
        assert "".join(root.itertext()).count("소통") or "초당 메시지" in "".join(root.itertext())
    assert "초당 메시지" in pictures[2]
    assert (
        Chart("그림", pictures[0], "말로").source
        == "data:image/svg+xml;base64," + base64.b64encode(pictures[0].encode()).decode()
    )


def test_tables_read_the_same_on_the_terminal_and_in_markdown() -> None:
    table = Table("표 [1]", ("이름", "값"), tuple((f"줄 {n} | [x]", f"{n}%") for n in range(9)), folded=True)
    section = Section("제목", ("한 문단 [b]", table, Chart("그림", "<svg/>", "말로 한 그림")))
    console = Console(record=True, width=80, file=None, quiet=False)
    with console.capture() as captured:
        show(Report("보고서", (), (section,)), console)
    shown = captured.get()
    assert "줄 5 | [x]" in shown
    assert "줄 6" not in shown
    assert "이 밖에 3줄" in shown
    assert "한 문단 [b]" in shown
    text = "\n\n".join(markdown(section, {"그림": "images/a.svg"}))
    assert "| 줄 8 \\| [x] | 8% |" in text
    assert "![말로 한 그림](images/a.svg)" in text
    assert "![" not in "\n".join(markdown(section))
