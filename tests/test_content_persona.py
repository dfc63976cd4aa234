"""The bot's voice, and the file it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.check_city import check_persona
from bot.content.load import read_persona
from bot.content.models import Persona
from bot.content.persona import BUTTONS, KEYS, MAX_LABEL, Voice

PATH = Path(__file__).parent.parent / "data" / "persona.yml"


def voice(emoji: dict[str, str] | None = None, **says: tuple[str, ...]) -> Voice:
    persona = Persona(
        name="한빛이",
        city="한빛시",
        emoji=emoji or {"smile": "😊"},
        menu=(),
        handoff_words=("상담원",),
        says=says,
    )
    return Voice(persona, "099-120-1000")


def test_the_shipped_persona_is_whole() -> None:
    persona, document = read_persona(PATH)
    assert check_persona(persona, document) == []
    assert persona.says.keys() == KEYS.keys()
    assert len(persona.menu) == 6


@pytest.mark.parametrize("key", sorted(KEYS))
def test_every_line_can_be_said(key: str) -> None:
    """Every wording of every key, with all values and with only those that are always there."""
    persona, _ = read_persona(PATH)
    line = KEYS[key]
    for values in (line.values, line.values | line.sometimes):
        for seed in range(len(persona.says[key])):
            said = Voice(persona, "099-120-1000").say(key, seed, **dict.fromkeys(values, "값"))
            assert said
            assert "{" not in said
            assert "(으)로" not in said
            if key in BUTTONS:
                assert len(said) <= MAX_LABEL


def test_urgent_lines_name_the_right_numbers() -> None:
    persona, _ = read_persona(PATH)
    for text in persona.says["emergency"]:
        assert "119" in text
        assert "112" in text
    for text in persona.says["crisis"]:
        assert {"109", "1577-0199", "112"} <= {word.strip("는나") for word in text.replace("(", " ").split()}
        assert not any("{" + name + "}" in text for name in persona.emoji)


@given(st.text(max_size=20), st.integers(0, 10**9), st.integers(2, 5))
def test_neighbouring_turns_never_repeat(conversation: str, turn: int, count: int) -> None:
    speaker = voice(greet=tuple(f"말 {number}" for number in range(count)))
    seeds = [f"{conversation}:{turn + step}" for step in range(count)]
    said = [speaker.say("greet", seed) for seed in seeds]
    assert len(set(said)) == count
    assert said == [speaker.say("greet", seed) for seed in seeds]


@pytest.mark.parametrize(
    ("template", "value", "said"),
    [
        ("{dong}은(는)", "빛가온동", "빛가온동은"),
        ("{dong}은(는)", "가람면사무소", "가람면사무소는"),
        ("{dong}이(가)", "솔빛읍", "솔빛읍이"),
        ("{dong}을(를)", "도로과", "도로과를"),
        ("{dong}과(와)", "세정과", "세정과와"),
        ("{dong}(으)로", "서울", "서울로"),
        ("{dong}(으)로", "도서관", "도서관으로"),
        ("{dong}(으)로", "099-120-1001", "099-120-1001로"),
        ("{dong}(으)로", "099-120-1000", "099-120-1000으로"),
        ("{dong}(이)에요", "세정과", "세정과예요"),
        ("{dong}(이)에요", "콜센터(시청)", "콜센터(시청)이에요"),
        ("{dong}(이)라는", "Seoul", "Seoul라는"),
    ],
)
def test_particles_fit_the_value(template: str, value: str, said: str) -> None:
    assert voice(waste_unknown_dong=(template,)).say("waste_unknown_dong", 0, dong=value) == said


def test_common_values_and_emoji() -> None:
    assert voice(greet=("{city} {name} {phone} {smile}",)).say("greet") == "한빛시 한빛이 099-120-1000 😊"
    assert voice({"smile": ""}, greet=("안녕 {smile}",)).say("greet") == "안녕"


def test_a_line_without_its_value_is_left_out() -> None:
    speaker = voice(office_info=("{department}\n위치: {place}\n전화: {department_phone}",))
    said = speaker.say("office_info", 0, department="세정과", department_phone="099")
    assert said == "세정과\n전화: 099"


def test_values_are_not_read_as_templates() -> None:
    said = voice(private_data=("{kinds}",)).say("private_data", 0, kinds="{name} {0} {")
    assert said == "{name} {0} {"


def test_faults_of_the_program_are_loud() -> None:
    speaker = voice(greet=("안녕",), waste_unknown_dong=("{dong}",))
    with pytest.raises(KeyError, match="greet"):
        speaker.say("gret")
    with pytest.raises(ValueError, match="dong"):
        speaker.say("waste_unknown_dong")


def test_every_line_and_its_placeholders_are_documented() -> None:
    """The table of `docs/editing-content.md` says what `KEYS` says."""
    guide = (PATH.parent.parent / "docs" / "editing-content.md").read_text("utf-8")
    for key, line in KEYS.items():
        always = [f"`{{{name}}}`" for name in sorted(line.values)]
        sometimes = [f"(`{{{name}}}`)" for name in sorted(line.sometimes)]
        assert f"| `{key}` | {line.use} | {' '.join([*always, *sometimes])} |" in guide, key
