"""What a citizen's sentence says about a place, and whether it asks something."""

from __future__ import annotations

import re
from collections.abc import Collection

_PARTICLE = re.compile(
    r"(에서요|에서|에요|이에요|예요|인데요|입니다|이요|에|은|는|이|가|을|를|의|요|쪽에|쪽|으로|로|인데|까지|부터|에다|에다가)$"
)
_MARK = re.compile(
    r"(사거리|오거리|삼거리|교차로|육교|터널|나들목|대로|번길|번지|출구|아파트|빌라|빌딩|상가|시장|공원|학교|"
    r"초교|유치원|어린이집|병원|보건소|시청|구청|도서관|주민센터|행정복지센터|파출소|경찰서|소방서|우체국|은행|"
    r"마트|편의점|약국|정류장|정류소|역|터미널|주차장|놀이터|하천|다리|교회|성당|대교|운동장|체육관|입구|정문|"
    r"후문|단지|골목|로\d*길?|길|동|읍|면|리|앞|뒤|옆|근처|맞은편|건너편|사이|위|아래|안|밖)$|\d+(-\d+)?(번지|호|동|길)?$"
)
_VAGUE = frozenset({
    "집앞", "집", "앞", "뒤", "옆", "여기", "저기", "거기", "이곳", "그곳", "우리", "우리집", "동네",
    "우리동네", "길", "골목", "도로", "근처", "밖", "안", "위", "아래", "사이", "입구", "인도", "길거리",
    "이쪽", "저쪽",
})  # fmt: skip
"""Words that name no place to anybody else."""
_FILLERS = frozenset({
    "아이고", "아이구", "에고", "에구", "어휴", "아휴", "헐", "아니", "저", "저기요", "안녕하세요", "안녕",
    "진짜", "너무", "지금", "오늘", "어제", "아까", "방금", "요즘", "계속", "자꾸", "또", "우리", "저희",
    "제가", "혹시", "그", "이", "여기", "거기", "저기", "밤에", "아침에", "빨리", "제발",
})  # fmt: skip
"""Words before a place that are no part of it."""
_NO_DONG = frozenset({
    "운동", "활동", "이동", "자동", "행동", "작동", "진동", "소동", "노면", "도면", "정면", "측면", "후면",
    "전면", "벽면", "반면", "화면", "표면", "지면", "공동", "아동", "가동",
})  # fmt: skip
_DONG = re.compile(r"^[가-힣]{2,6}(동|읍|면)$")
_ASKS = re.compile(
    r"[?？]\s*$|(나요|까요|는요|은요|인가요|는데요\?|뭐예요|뭐에요|뭔가요|어떻게|얼마|언제|어디서|어디에|방법|알려\s*주|"
    r"궁금|무엇|되나|되요|인지요|가르쳐)"
)
_CLAIMS = re.compile(
    r"(꺼졌|나갔|고장|깨졌|파였|막혔|막혀|넘쳐|시끄|버려|버렸|무너|쓰러|됐어요|안\s*켜|났어요|"
    r"(?<!수 )(?<!수)있(어요|습니다))"
)
MAX_PLACE = 80


def asks(text: str) -> bool:
    """Whether a sentence asks for information rather than telling of something."""
    return bool(_ASKS.search(text))


def claims(text: str) -> bool:
    """Whether a sentence tells of a state of things."""
    return bool(_CLAIMS.search(text))


def place_in(text: str, other: Collection[str]) -> str:
    """The words of a sentence that name a place: 시청 앞 사거리; empty when none do, or only vaguely.

    `other` are words for what is wrong there (`가로등`), which end a place.
    """
    best: list[str] = []
    run: list[str] = []
    marked = 0
    for token in [*text.replace(",", " , ").split(), ""]:
        word = _PARTICLE.sub("", token) if not _MARK.search(token) else token
        if not run and token in _FILLERS:
            continue
        names = bool(word) and not any(each in word for each in other) and not _CLAIMS.search(token)
        if names and re.search(r"[가-힣A-Za-z0-9]", word):
            run.append(word)
            marked = len(run) if _MARK.search(word) and word not in _NO_DONG else marked
            if word == token or not marked:
                continue
        candidate = run[:marked][-4:]
        if len("".join(candidate)) > len("".join(best)) and not set(candidate) <= _VAGUE:
            best = candidate
        run, marked = [], 0
    return " ".join(best)[:MAX_PLACE]


def too_vague(text: str) -> bool:
    """Whether an answer to "where?" helps nobody: 여기요, 집 앞이에요."""
    words = [_PARTICLE.sub("", word) for word in text.split()]
    return not any(word and word not in _VAGUE for word in words) or len("".join(words)) < 2


def unknown_dong(place: str, dongs: Collection[str]) -> str:
    """The 동, 읍 or 면 named in a place that the city does not have; empty when there is none."""
    if not dongs:
        return ""
    named = [word for word in place.split() if _DONG.match(word) and word not in _NO_DONG]
    short = {dong[:-1] for dong in dongs}
    strange = [word for word in named if word not in dongs and word.rstrip("동읍면") not in short]
    return strange[0] if strange else ""
