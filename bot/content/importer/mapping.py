"""Which column holds what: given by hand, or guessed from usual Korean headers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from bot.content.importer.tables import ImportRefused
from bot.content.models import LANGUAGES
from bot.content.problem import did_you_mean

LANGUAGE_NAMES: Mapping[str, str] = {"en": "영어", "zh": "중국어", "vi": "베트남어"}


def _twin(language: str) -> dict[str, tuple[str, ...]]:
    name = LANGUAGE_NAMES[language]
    return {
        f"{language}_question": (f"{name} 질문", f"{name} 제목"),
        f"{language}_variants": (f"{name} 다른 질문",),
        f"{language}_answer": (f"{name} 답변",),
        f"{language}_links": (f"{name} 링크",),
        f"{language}_verified_on": (f"{name} 확인일",),
    }


FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "번호", "연번", "순번", "faq번호", "faqid", "no"),
    "topic": ("주제", "분류", "카테고리", "구분", "대분류", "분야", "category", "cat"),
    "question": ("질문", "질문제목", "질의", "문의", "제목", "title", "q", "질문내용"),
    "variants": ("다른 질문", "유사 질문", "비슷한 질문"),
    "answer": ("답변", "답변내용", "답", "회신", "내용", "content", "a", "text"),
    "owner": ("담당부서", "담당", "부서", "소관부서", "department"),
    "source": ("출처", "근거"),
    "url": ("출처 주소", "링크", "홈페이지", "link"),
    "links": ("관련 링크", "단추"),
    "confirmed_on": ("확인일", "기준일", "데이터기준일자", "최종수정일", "수정일", "갱신일"),
    "valid_from": ("시작일", "게시일", "공개일"),
    "valid_until": ("종료일", "만료일", "끝나는 날"),
    "example": ("예시",),
    "plain": ("쉬운 말",),
    "plain_verified_on": ("쉬운 말 확인일",),
    **{field: names for language in LANGUAGES for field, names in _twin(language).items()},
}
"""What an entry is made of → headers it is known by beside its own name, the surest first."""
NEEDED = ("question", "answer")
"""What a new answer must have."""


def header(field: str) -> str:
    """What a field's column is called in files of ours."""
    return FIELDS[field][0]


def read_mapping(text: str) -> dict[str, str]:
    """`question=제목,answer=내용,topic=분류,id=번호` as a dict. Raises ImportRefused."""
    mapping: dict[str, str] = {}
    for part in text.split(","):
        field, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or not column:
            raise ImportRefused(
                f"‘{part.strip()}’를 알아볼 수 없어요. question=제목처럼 ‘항목=열 이름’으로 적어 주세요."
            )
        if field not in FIELDS:
            hint = did_you_mean(field, FIELDS)
            raise ImportRefused(f"‘{field}’라는 항목은 없어요.{hint} 쓸 수 있는 항목: {', '.join(FIELDS)}")
        if field in mapping:
            raise ImportRefused(f"‘{field}’를 두 번 적었어요. 하나만 남겨 주세요.")
        mapping[field] = column
    return mapping


def guess(names: Sequence[str]) -> dict[str, int]:
    """Field → position of the column whose header it is known by."""
    folded = [_fold(name) for name in names]
    found: dict[str, int] = {}
    for field, known in FIELDS.items():
        place = next((folded.index(_fold(name)) for name in (*known, field) if _fold(name) in folded), None)
        if place is not None and place not in found.values():
            found[field] = place
    return found


def columns_of(names: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Field → position of its column. Without a mapping all are guessed, with one only the needed ones.

    Raises ImportRefused when a named column is absent or a needed one cannot be guessed; the text
    names the columns there are.
    """
    folded = [_fold(name) for name in names]
    there = "있는 열: " + (", ".join(name.strip() for name in names if name.strip()) or "없음")
    found: dict[str, int] = {}
    for field, column in mapping.items():
        if _fold(column) not in folded:
            hint = did_you_mean(column, [name.strip() for name in names])
            raise ImportRefused(f"‘{column}’이라는 열이 없어요.{hint} {there}")
        found[field] = folded.index(_fold(column))
    for field, place in guess(names).items():
        if field not in found and place not in found.values() and (not mapping or field in NEEDED):
            found[field] = place
    missing = [field for field in NEEDED if field not in found]
    if missing:
        example = ",".join(f"{field}=열이름" for field in missing)
        raise ImportRefused(
            f"어느 열이 {'·'.join(missing)}인지 알 수 없어요. --map {example} 으로 알려 주세요. {there}"
        )
    return found


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in plain if character.isalnum()) or plain.strip()
