"""Which column holds what: given by hand, or guessed from usual Korean headers."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from bot.content.importer.tables import ImportRefused
from bot.content.problem import did_you_mean

FIELDS: Mapping[str, tuple[str, ...]] = {
    "question": ("질문", "질문제목", "질의", "문의", "제목", "question", "title", "q", "질문내용"),
    "answer": ("답변", "답변내용", "답", "회신", "내용", "answer", "content", "a", "text"),
    "topic": ("주제", "분류", "카테고리", "구분", "대분류", "분야", "topic", "category", "cat"),
    "id": ("id", "번호", "연번", "순번", "faq번호", "faqid", "no"),
    "owner": ("담당부서", "담당", "부서", "소관부서", "owner", "department"),
    "source": ("출처", "근거", "source"),
    "url": ("url", "링크", "출처주소", "홈페이지", "link"),
    "confirmed_on": ("확인일", "기준일", "데이터기준일자", "최종수정일", "수정일", "갱신일", "confirmedon"),
}
"""What an entry is made of → headers it is known by, the surest first. `question` and `answer` are a must."""
NEEDED = ("question", "answer")


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


def columns_of(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Field → position of its column. Without a mapping all are guessed, with one only the needed ones.

    Raises ImportRefused when a named column is absent or a needed one cannot be guessed; the text
    names the columns there are.
    """
    folded = [_fold(name) for name in header]
    there = "있는 열: " + (", ".join(name.strip() for name in header if name.strip()) or "없음")
    found: dict[str, int] = {}
    for field, column in mapping.items():
        if _fold(column) not in folded:
            hint = did_you_mean(column, [name.strip() for name in header])
            raise ImportRefused(f"‘{column}’이라는 열이 없어요.{hint} {there}")
        found[field] = folded.index(_fold(column))
    for field, known in FIELDS.items():
        if field not in found and (not mapping or field in NEEDED):
            place = next((folded.index(name) for name in known if name in folded), None)
            if place is not None and place not in found.values():
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
