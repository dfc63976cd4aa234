"""Where one message asks two things: 여권 얼마예요? 그리고 대형폐기물은 어떻게 버려요.

Careful, since a wrong cut spoils a question that was whole: every part must name a matter of its own, must
itself ask or want something, and the later one must say that it comes on top (그리고, 또, 전입신고도).
Particles and endings are as Kiwi tags them.
"""

from __future__ import annotations

import itertools
from typing import Iterator, List, Sequence, Tuple

from rasa.nlu.tokenizers.tokenizer import Token

_AND = frozenset({"그리고", "글구", "그리구", "또", "또한", "그담에", "그다음에", "참"})
_ASKING_WORDS = frozenset(
    {
        "뭐",
        "뭘",
        "무엇",
        "무슨",
        "어떻게",
        "어떡하",
        "어떻",
        "어떤",
        "어느",
        "얼마",
        "언제",
        "어디",
        "누구",
        "몇",
    }
) | {"왜", "얼마나", "방법", "어찌", "가능"}
_ASKING_ENDINGS = (
    "나요",
    "가요",
    "까요",
    "까",
    "냐",
    "니",
    "죠",
    "지요",
    "는지",
    "은지",
    "ㄴ지",
    "ᆫ지",
    "나",
    "가",
)
_WISH_ENDINGS = (
    "려고",
    "려고요",
    "려구요",
    "려고하",
    "려는데",
    "려는데요",
    "려면",
    "려면요",
    "을래요",
    "ㄹ래요",
    "ᆯ래요",
)
_WISHES = frozenset({"싶", "알려주", "알리", "부탁", "궁금", "문의", "알고싶"})
_MUST = frozenset({"어야", "아야", "여야", "야"})
_ERRANDS = frozenset(
    {
        "떼",
        "끊",
        "뽑",
        "받",
        "내",
        "버리",
        "만들",
        "바꾸",
        "고치",
        "옮기",
        "맡기",
        "빌리",
        "팔",
        "없애",
        "치우",
    }
) | frozenset(
    {"신청", "신고", "발급", "재발급", "갱신", "등록", "말소", "변경", "납부", "환급", "예약", "조회", "접수"}
    | {"확인", "문의", "제출", "취소", "해지", "이전", "이체", "상담", "반납", "교체", "연장", "정정"}
)
_GENERAL = frozenset(
    {
        "시간",
        "비용",
        "서류",
        "준비물",
        "방법",
        "기간",
        "수수료",
        "날짜",
        "장소",
        "필요",
        "가격",
        "위치",
        "전화",
    }
    | {
        "번호",
        "전화번호",
        "신청",
        "신고",
        "발급",
        "가능",
        "경우",
        "하루",
        "며칠",
        "당일",
        "본인",
        "대리",
        "절차",
    }
    | {
        "주말",
        "평일",
        "점심",
        "온라인",
        "인터넷",
        "방문",
        "돈",
        "금액",
        "자격",
        "조건",
        "대상",
        "말",
        "질문",
        "안녕",
    }
)
_NOUNS = frozenset({"NNG", "NNP", "SL", "XR"})
_MOST = 3


def split(tokens: Sequence[Token]) -> List[List[Token]]:
    """The tokens of each request, in order; all in one when the message is not surely several.

    Tokens without Kiwi's tags (`pos`) are never split.
    """
    parts: List[List[Token]] = []
    held: List[Token] = []
    for clause, linked in _clauses(tokens):
        held += clause
        if (linked and _is_errand(held)) or (not linked and _asks(held) and _matters(held)):
            if parts and not _adds(held):
                parts[-1] += held
            else:
                parts.append(held)
            held = []
    if held and parts:
        parts[-1] += held
    whole = all(map(_matters, parts)) and parts and _asks(parts[-1])
    return parts if whole and 1 < len(parts) <= _MOST else [list(tokens)]


def _clauses(tokens: Sequence[Token]) -> Iterator[Tuple[List[Token], bool]]:
    """Stretches of tokens, and whether 고 links one to the next; all together they are `tokens`."""
    begun = 0
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if after is None:
            break
        tag, next_tag = token.get("pos"), after.get("pos")
        ends = tag == "SF" and next_tag != "SF"
        ends |= at > begun and after.lemma in _AND and (next_tag == "MAJ" or tag in {"EF", "JX"})
        links = tag == "EC" and token.lemma in {"고", "구"} and next_tag not in {"VX", "JX", "SF"}
        if ends or links:
            yield list(tokens[begun : at + 1]), bool(links)
            begun = at + 1
    yield list(tokens[begun:]), False


def _matters(part: Sequence[Token]) -> bool:
    """It names something that it is about."""
    return any(t.get("pos") in _NOUNS and t.lemma not in _GENERAL and t.lemma not in _AND for t in part)


def _asks(part: Sequence[Token]) -> bool:
    """It is a question, or says what somebody wants or has to do."""
    return _questions(part) or any(
        token.lemma in _WISHES
        or token.lemma in _MUST
        or (token.get("pos") in {"EF", "EC"} and token.lemma.endswith(_WISH_ENDINGS))
        for token in part
    )


def _questions(part: Sequence[Token]) -> bool:
    return any(
        (token.get("pos") == "SF" and "?" in token.text)
        or token.lemma in _ASKING_WORDS
        or token.text in _ASKING_WORDS
        or (token.get("pos") == "EF" and len(token.lemma) > 1 and token.lemma.endswith(_ASKING_ENDINGS))
        for token in part
    )


def _is_errand(part: Sequence[Token]) -> bool:
    """It says what is to be done at an office (등본 떼고), not what has happened (아이 낳고)."""
    verbs = [t.lemma for t in part if t.get("pos") in {"VV", "NNG"} and t.lemma != "하"]
    tense = any(t.get("pos") == "EP" for t in part)
    return _matters(part) and not tense and bool(verbs) and verbs[-1] in _ERRANDS


def _adds(part: Sequence[Token]) -> bool:
    """It has the particle 도 behind a noun, or a word like 그리고."""
    pairs = itertools.pairwise(part)
    also = any(
        t.lemma == "도" and t.get("pos") == "JX" and b.get("pos") in {*_NOUNS, "XSN"} for b, t in pairs
    )
    return also or any(token.lemma in _AND for token in part)
