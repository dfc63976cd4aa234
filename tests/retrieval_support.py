"""A dozen answers of a city, searched by words, letters and meaning."""

import pytest

from bot.content.models import Answer, Source
from bot.encoder.encoder import load_encoder
from bot.retrieval.index import AnswerIndex
from bot.text.morphemes import Morphemes
from bot.text.recent import RecentMorphemes

TEXTS = {
    "passport-renewal": (
        ("여권을 다시 만들려면 얼마가 드나요?", "여권 재발급 수수료", "여권 갱신 비용"),
        "여권 재발급 수수료는 10년짜리 기준으로 안내해 드려요. 신분증과 사진 한 장을 들고 오세요.",
    ),
    "passport-lost": (
        ("여권을 잃어버렸어요", "여권 분실 신고", "여권 도난"),
        "여권을 잃어버리면 바로 분실 신고를 하고 새로 신청해야 해요.",
    ),
    "resident-copy": (
        ("주민등록등본은 어떻게 떼나요?", "등본 발급", "등초본 떼는 법"),
        "주민등록등본은 무인발급기, 인터넷, 주민센터에서 뗄 수 있어요.",
    ),
    "moving-in": (("전입신고는 어떻게 하나요?", "이사 왔어요"), "이사한 날부터 14일 안에 전입신고를 하세요."),
    "birth": (("출생신고는 어디서 하나요?", "아기가 태어났어요"), "출생신고는 한 달 안에 해 주세요."),
    "bulky-waste": (
        ("대형폐기물은 어떻게 버리나요?", "소파 버리기", "침대 매트리스 버리는 방법"),
        "대형폐기물은 신고하고 스티커를 붙여 내놓으면 수거해 가요.",
    ),
    "recycling": (("재활용 쓰레기는 언제 버리나요?", "분리수거 요일"), "동네마다 배출 요일이 달라요."),
    "car-tax": (("자동차세는 언제 내나요?", "자동차 세금 연납"), "자동차세는 유월과 십이월에 내요."),
    "parking": (("거주자 우선주차는 어떻게 신청하나요?",), "분기마다 구획을 배정해 드려요."),
    "pension": (("기초연금은 누가 받나요?", "노인 연금"), "만 65세 이상 소득 하위 어르신이 받아요."),
    "library": (("도서관 대출 권수", "책을 몇 권 빌릴 수 있나요?"), "한 사람이 다섯 권까지 빌릴 수 있어요."),
    "water": (("수도요금이 너무 많이 나왔어요", "누수 감면"), "물이 새면 요금을 감면받을 수 있어요."),
}


def answer(key, questions, text, **more):
    return Answer(id=key, questions=questions, answer=text, source=Source(title="한빛시"), **more)


ANSWERS = [answer(key, questions, text) for key, (questions, text) in TEXTS.items()]


@pytest.fixture(scope="session")
def morphemes():
    return RecentMorphemes(Morphemes())


@pytest.fixture(scope="session")
def encoder(morphemes):
    return load_encoder("sotong", morphemes)


@pytest.fixture(scope="session")
def index(encoder, morphemes):
    index = AnswerIndex(encoder, morphemes)
    index.load(ANSWERS)
    return index


def best(index, question, **more):
    return index.search(question, **more)[0].answer.id
