"""Rules, forms and services as text: checked while typing, saved as drafts, and pictured."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from bot.content.check_dialogue import check_dialogue
from bot.settings import ROOT
from bot.studio.drafts import Drafts
from bot.studio.flow import flows
from bot.studio.flow_check import check_text
from bot.studio.flow_picture import picture
from bot.studio.texts import Texts
from tests.teaching_support import RULES, content, desk

TALK = "/studio/texts/data/rules/talk.yml"
FORM = """\
version: "3.1"
rules:
- rule: Ask
  condition:
  - active_loop: service_form
  steps:
  - or:
    - intent: greet
    - intent: ask_bulky_waste
  - action: service_form
  - active_loop: null
  - slot_was_set:
    - requested_slot: null
  - action: action_service
"""


async def test_a_text_is_checked_while_it_is_typed(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        page = await at.get(TALK)
        assert "잘못된 곳이 없어요" in page
        assert "시민: 인사" in page
        for wrong, line, said in (
            (RULES.replace("intent: greet", "intent: great"), 6, "혹시 ‘greet’인가요?"),
            (RULES.replace("action_say", "action_sey"), 7, "혹시 ‘action_say’인가요?"),
            (RULES.replace("    steps:", "\tsteps:"), 5, "탭"),
            (RULES.replace("rules:", "rule:"), 1, "규칙(rules:)"),
        ):
            answer = await at.post(f"{TALK}/check", text=wrong)
            told = await answer.json()
            assert told["lines"] == {str(line): "error"}, told
            assert said in told["problems"]
        assert await at.draft("data/rules/talk.yml") is None


async def test_two_editors_of_one_file(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        mine = RULES.replace("Greeting", "Hello")
        await at.post(TALK, text=mine.replace("\n", "\r\n"), version="0", seen=RULES)
        assert await at.draft("data/rules/talk.yml") == mine
        steps = "    steps:\n      - intent: ask_bulky_waste\n      - action: action_bulky_waste\n"
        other = f"{RULES}  - rule: Waste\n{steps}"
        merged = await at.post(TALK, text=other, version="0", seen=RULES)
        assert merged.headers["Location"].endswith("notice=merged")
        both = await at.draft("data/rules/talk.yml") or ""
        assert "Hello" in both
        assert "Waste" in both
        clash = await at.post(TALK, text=RULES.replace("Greeting", "Hi"), version="0", seen=RULES)
        page = await clash.text()
        assert clash.status == 409
        assert "김하늘 님이 같은 줄을 고쳤어요" in page
        assert "rule: Hi" in page
        assert await at.draft("data/rules/talk.yml") == both


async def test_a_draft_is_given_up_and_taken_up_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        new = RULES + "# 새 줄\n"
        await at.post(TALK, text=new, version="0", seen=RULES)
        draft = await Drafts(at.made.engine, at.made.clock).find("file:data/rules/talk.yml")
        assert draft is not None
        gone = await at.post(f"{TALK}/discard", version=str(draft.version))
        assert "되돌리기" in await at.get(gone.headers["Location"])
        assert await at.draft("data/rules/talk.yml") is None
        await at.post(f"{TALK}/restore", version=str(draft.version))
        assert await at.draft("data/rules/talk.yml") == new
        assert (tmp_path / "project/data/rules/talk.yml").read_text(encoding="utf-8") == RULES


@pytest.mark.parametrize(
    "path", ["../secret.yml", "data/../../secret.yml", "data/answers/tax.yml", "data/nothing.yml", "etc.yml"]
)
async def test_only_files_of_the_content_are_opened(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.yml").write_text("key: 1")
    async with desk(tmp_path) as at:
        assert (await at.client.get(f"/studio/texts/{path}")).status == 404


async def test_what_is_typed_is_never_markup(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        evil = RULES.replace("Greeting", "<script>alert(1)</script>").replace("greet", "<b>")
        answer = await at.post(f"{TALK}/check", text=evil)
        told = await answer.json()
        assert "<script" not in told["flow"] + told["problems"]
        assert "&lt;script&gt;" in told["flow"]
        shown = await at.post(TALK, text=evil + "</textarea><script>", look="1")
        assert "<script>" not in (await shown.text()).replace('<script src="/static', "")


def test_our_own_content_is_free_of_faults() -> None:
    assert check_dialogue(ROOT / "domain.yml", ROOT / "data") == []
    texts = Texts(ROOT, [])
    paths = [
        path
        for folder in ("data/rules", "data/stories", "data/services", "data/life_events")
        for path in texts.paths(folder)
    ]
    for path in [*paths, "domain.yml", "data/persona.yml", "data/nlu/greet.yml", "data/voices.yml"]:
        assert check_text(texts, path, texts.read(path).text or "") == [], path


def test_faults_of_other_kinds_are_told_with_their_line(tmp_path: Path) -> None:
    texts = Texts(content(tmp_path), [])
    booking = (ROOT / "data/services/local_tax.yml").read_text(encoding="utf-8")
    wrong = {
        "data/services/local_tax.yml": (
            booking.replace("department: tax", "department: taxx"),
            3,
        ),
        "data/nlu/greet.yml": ("nlu:\n- intent: greet\n  examples: |\n    - 내 번호는 900101-1234568\n", 4),
        "domain.yml": (
            "intents: [greet, ask_bulky_waste]\nactions: [action_say]\nforms:\n  f: {required_slots: [x]}\n",
            4,
        ),
        "data/persona.yml": ("name: [", 2),
    }
    for path, (text, line) in wrong.items():
        found = [one for one in check_text(texts, path, text) if one.severity == "error"]
        assert [(str(one.path), one.line) for one in found] == [(path, line)], found


def test_a_flow_is_drawn_and_told() -> None:
    labels = {"greet": "인사", "ask_bulky_waste": "대형폐기물"}
    (flow,) = flows(yaml.safe_load(FORM), lambda name: labels[name])
    assert flow.sentences() == [
        "서비스에 필요한 것을 묻는 동안 → 시민: 인사",
        "서비스에 필요한 것을 묻는 동안 → 시민: 대형폐기물",
        "시민: 인사 → 서비스에 필요한 것을 물어요",
        "시민: 대형폐기물 → 서비스에 필요한 것을 물어요",
        "서비스에 필요한 것을 물어요 → 서비스에 물어보거나 신청해요 (다 물었으면)",
        "서비스에 물어보거나 신청해요 → 시민의 말을 기다려요",
    ]
    drawn = ElementTree.fromstring(str(picture(flow, 0)))
    assert drawn.attrib["role"] == "img"
    assert len(drawn.findall("g")) == len(flow.boxes)
    assert len(drawn.findall("path")) == len(flow.arrows)
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    for box in drawn.iter("rect"):
        assert 0 <= float(box.attrib["x"]) <= width - float(box.attrib["width"])
        assert 0 <= float(box.attrib["y"]) <= height - float(box.attrib["height"])


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        "text",
        {"rules": [None, 3, {}, {"rule": "a", "steps": [None, "x", {"or": 3}]}]},
        {"forms": {"f": None}},
    ],
)
def test_odd_content_is_drawn_as_far_as_it_goes(odd: object) -> None:
    for flow in flows(odd, lambda name: name):
        ElementTree.fromstring(str(picture(flow, 0)))
