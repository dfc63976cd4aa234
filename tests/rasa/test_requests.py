"""Two requests in one message are both understood; a single question stays whole."""

from __future__ import annotations

import pytest

from bot.nlu.pipeline import Pipeline


@pytest.fixture(scope="module")
def bot(own: tuple) -> Pipeline:
    return own[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("등본 떼고 전입신고도 하려고요", ["등본 떼고", "전입신고도 하려고요"]),
        (
            "여권 얼마예요? 그리고 대형폐기물은 어떻게 버려요",
            ["여권 얼마예요?", "그리고 대형폐기물은 어떻게 버려요"],
        ),
        (
            "전기차 보조금 얼마예요 그리고 자동차세는 언제 내요",
            ["전기차 보조금 얼마예요", "그리고 자동차세는 언제 내요"],
        ),
        (
            "출생신고 어떻게 해요? 또 아동수당은 어디서 신청하나요",
            ["출생신고 어떻게 해요?", "또 아동수당은 어디서 신청하나요"],
        ),
        ("자동차세 내고 등본도 뽑으려고요", ["자동차세 내고", "등본도 뽑으려고요"]),
    ],
)
def test_two_requests(bot: Pipeline, text: str, parts: list) -> None:
    found = bot.parse(text)["requests"]
    assert [request["text"] for request in found] == parts
    assert all(text[request["start"] : request["end"]] == request["text"] for request in found)
    assert all(request["intent"] and 0.4 <= request["confidence"] <= 1 for request in found)


def test_several_have_an_intent_of_their_own(bot: Pipeline) -> None:
    found = bot.parse("등본 떼고 전입신고도 하려고요")
    assert found["intent"]["name"] == "several_requests"
    assert found["intent"]["confidence"] == min(part["confidence"] for part in found["requests"])
    assert bot.parse("등본 떼고 싶어요")["intent"]["name"] != "several_requests"


@pytest.mark.parametrize(
    "text",
    [
        "등본 떼러 가려고 하는데 뭐 필요해요",
        "아이 낳고 뭐 받을 수 있나요",
        "애 낳고 출생신고도 해야 하나요",
        "여권 만들고 싶어요",
        "이사 왔어요. 뭐 신고해야 하죠?",
        "여권 얼마예요? 얼마나 걸려요?",
        "이사하고 전입신고 안 했는데 과태료 있나요",
        "안녕하세요. 여권 어디서 만들어요?",
        "차 팔고 자동차세 환급되나요",
        "소파를 버리고 싶어요. 스티커는 어디서 사요?",
        "아버지가 돌아가셨어요. 사망신고는 어떻게 하나요?",
        "고마워요 그리고 수고하세요",
        "네",
        "",
    ],
)
def test_one_request(bot: Pipeline, text: str) -> None:
    assert bot.parse(text)["requests"] == []


def test_the_message_itself_is_judged_as_without_parts(bot: Pipeline) -> None:
    parsed = bot.parse_all(["등본 떼고 전입신고도 하려고요", "여권 재발급"])
    assert len(parsed) == 2
    assert parsed[0]["text"] == "등본 떼고 전입신고도 하려고요"
    assert parsed[0]["intent"]["name"] is not None
