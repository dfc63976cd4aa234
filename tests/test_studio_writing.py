"""Answers are changed inside their files: every other byte stays, and what was written reads back."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.document import parse_document
from bot.studio.splice import change, render
from bot.studio.topic_file import TopicFile
from bot.studio.yaml_text import plain

HERE = Path("topic.yml")
FILE = """\
topic: 여권  # 민원여권과와 정함
entries:
  # 수수료는 해마다 확인
  - id: passport-fee
    questions:
      - 여권 얼마예요?   # 가장 많이 묻는 말
      - "여권: 수수료"
      # 띄어쓰기 없이도 물어요
      - '여권 값'
    answer: |  # 외교부 고시
      5만 원이에요.

      # 이 줄은 글이에요
      - 10년
    owner: passport
    source: {title: 여권법, url: "https://www.law.go.kr"}   # 제22조
    confirmed_on: 2026-11-05
    extra: {그대로: [1, 2]}

  # 분실은 따로
  - id: passport-lost
    questions: [여권 분실, "잃어버렸어요"]
    answer: >-
      바로 신고해
      주세요.
    source:
      title: 여권법
    links:
      - label: 신고
        url: "https://www.passport.go.kr"   # 새 창
      - {label: 안내, url: "tel:119"}
# 끝
"""


def read(text: str) -> Any:
    return parse_document(text, HERE).data


def entries(text: str) -> dict[str, Any]:
    return {entry["id"]: entry for entry in read(text)["entries"]}


def edited(id_: str, **fields: Any) -> str:
    """FILE with other fields of one entry; None takes one out."""
    file = TopicFile(FILE, HERE)
    span = file.find(id_)
    assert span
    wanted = {name: value for name, value in (file.read(span).data | fields).items() if value is not None}
    return file.changed({id_: change(file.entry(span), wanted)})


def diff(old: str, new: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came."""
    before, after = old.split("\n"), new.split("\n")
    return [line for line in before if line not in after], [line for line in after if line not in before]


class TestOneChange:
    def test_only_the_line_of_the_value_changes(self) -> None:
        went, came = diff(FILE, edited("passport-fee", confirmed_on="2026-11-23"))
        assert (went, came) == (["    confirmed_on: 2026-11-05"], ["    confirmed_on: 2026-11-23"])

    def test_a_question_keeps_the_comments_and_quotes_around_it(self) -> None:
        questions = ["여권 수수료가 얼마예요?", "여권: 수수료", "여권 값", "여권 발급비"]
        went, came = diff(FILE, edited("passport-fee", questions=questions))
        assert went == ["      - 여권 얼마예요?   # 가장 많이 묻는 말"]
        assert came == ["      - 여권 수수료가 얼마예요?   # 가장 많이 묻는 말", "      - 여권 발급비"]

    def test_the_answer_stays_a_block_with_its_comment(self) -> None:
        new = edited("passport-fee", answer="3만 원이에요.\n\n- 5년")
        assert "    answer: |  # 외교부 고시\n".replace("  #", " #") in new
        assert entries(new)["passport-fee"]["answer"] == "3만 원이에요.\n\n- 5년\n"

    def test_a_new_name_stands_in_its_place_and_one_can_go(self) -> None:
        new = edited("passport-lost", owner="lost", links=None)
        assert diff(FILE, new)[1] == ["    owner: lost"]
        assert "links" not in entries(new)["passport-lost"]
        assert "# 끝" in new

    def test_brackets_stay_brackets(self) -> None:
        source = {"title": "여권법 시행령", "url": "https://www.law.go.kr"}
        new = edited("passport-fee", source=source)
        assert '    source: {title: 여권법 시행령, url: "https://www.law.go.kr"}   # 제22조' in new
        new = edited("passport-lost", questions=["여권 분실", "쉼표, 있음"])
        assert '    questions: [여권 분실, "쉼표, 있음"]' in new

    def test_a_folded_text_is_left_alone_until_it_changes(self) -> None:
        assert "answer: >-" in edited("passport-lost", owner="passport")
        assert entries(edited("passport-lost", answer="신고!"))["passport-lost"]["answer"].strip() == "신고!"

    @pytest.mark.parametrize(
        "text",
        [
            "true",
            "2026-11-05",
            "  앞 빈칸",
            "\t탭",
            "a: b # c",
            "\u2028",
            "줄\n\n\n끝",
            "'\"",
            "😀\x85",
            "- a",
            "|",
        ],
    )
    def test_any_text_reads_back(self, text: str) -> None:
        new = edited("passport-fee", answer=text, questions=[text])
        assert plain(entries(new)["passport-fee"]["answer"]) == text.strip()
        assert plain(entries(new)["passport-fee"]["questions"]) == [text.strip()]

    def test_line_breaks_of_windows_stay(self) -> None:
        file = TopicFile("\ufeff" + FILE.replace("\n", "\r\n"), HERE)
        span = file.find("passport-lost")
        assert span
        new = file.changed({"passport-lost": change(file.entry(span), file.read(span).data | {"owner": "x"})})
        assert new.startswith("\ufefftopic")
        assert new.count("\n") == new.count("\r\n") == FILE.count("\n") + 1


class TestEntries:
    def test_one_goes_and_one_comes(self) -> None:
        file = TopicFile(FILE, HERE)
        new = file.changed({"passport-fee": None}, [render({"id": "new", "questions": ["새 질문"]})])
        assert list(entries(new)) == ["passport-lost", "new"]
        assert "\n\n  - id: new\n    questions:\n      - 새 질문\n# 끝\n" in new

    def test_the_last_one_goes_and_the_list_stays_a_list(self) -> None:
        empty = TopicFile(FILE, HERE).changed({"passport-fee": None, "passport-lost": None})
        assert read(empty)["entries"] == []
        again = TopicFile(empty, HERE).changed({}, [render({"id": "a"}), render({"id": "b"})])
        assert list(entries(again)) == ["a", "b"]

    @pytest.mark.parametrize(
        "text",
        [
            "topic: 주제\n",
            "topic: 주제\nentries:\n",
            "topic: 주제\nentries: []  # 아직",
            "entries: null\ntopic: 주제",
        ],
    )
    def test_the_first_one(self, text: str) -> None:
        new = TopicFile(text, HERE).changed({}, [render({"id": "a"})])
        assert read(new) == {"topic": "주제", "entries": [{"id": "a"}]}

    def test_a_dash_inside_a_text_begins_no_entry(self) -> None:
        text = 'entries:\n- id: a\n  answer: "하나\n\n- id: b\n\n  둘"\n- id: c\n'
        file = TopicFile(text, HERE)
        span = file.find("a")
        assert span
        new = file.changed(
            {"a": change(file.entry(span), {"id": "a", "answer": "셋"})}, [render({"id": "d"})]
        )
        assert new == 'entries:\n- id: a\n  answer: "셋"\n- id: c\n- id: d\n'

    def test_a_name_below_the_list(self) -> None:
        text = "entries:\n  - id: a\ntopic: 주제\n"
        assert read(TopicFile(text, HERE).changed({}, [render({"id": "b"})])) == {
            "entries": [{"id": "a"}, {"id": "b"}],
            "topic": "주제",
        }


TEXT = st.text(
    st.sampled_from("가나 한글ab:#-'\"{}[],|>&*!%@`?\n\t\\0~=😀\u00a0\u2028\x85\x7f"), min_size=1, max_size=30
).filter(lambda text: text.strip() != "")
FIELDS = st.fixed_dictionaries(
    {"questions": st.lists(TEXT, min_size=1, max_size=4), "answer": TEXT},
    optional={
        "source": st.fixed_dictionaries({"title": TEXT}, optional={"url": TEXT}),
        "links": st.lists(st.fixed_dictionaries({"label": TEXT, "url": TEXT}), min_size=1, max_size=3),
        "owner": TEXT,
        "translations": st.dictionaries(
            st.sampled_from(["en", "zh"]), st.fixed_dictionaries({"answer": TEXT}), min_size=1
        ),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(FIELDS, min_size=1, max_size=4), FIELDS, st.data())
def test_whatever_is_written_reads_back_and_the_neighbours_stay(
    written: list[dict[str, Any]], wanted: dict[str, Any], data: st.DataObject
) -> None:
    file = TopicFile(FILE, HERE)
    made = [{"id": f"made-{place}"} | fields for place, fields in enumerate(written)]
    text = file.changed({}, [render(each) for each in made])
    assert text.startswith(FILE.removesuffix("# 끝\n"))
    ids = ["passport-fee", "passport-lost", *(each["id"] for each in made)]
    chosen = data.draw(st.sampled_from(ids))
    file = TopicFile(text, HERE)
    before = {id_: file.text[span.start : span.end] for id_ in ids if (span := file.find(id_))}
    span = file.find(chosen)
    assert span
    new = TopicFile(file.changed({chosen: change(file.entry(span), {"id": chosen} | wanted)}), HERE)
    after = {id_: new.text[span.start : span.end] for id_ in ids if (span := new.find(id_))}
    assert plain(entries(new.text)[chosen]) == plain({"id": chosen} | wanted)
    assert {**before, chosen: ""} == {**after, chosen: ""}
    gone = TopicFile(new.changed({chosen: None}), HERE)
    assert plain(list(entries(gone.text).values())) == plain(
        [entry for id_, entry in entries(new.text).items() if id_ != chosen]
    )
