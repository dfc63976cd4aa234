"""Every code of the support conditions: which group it belongs to and what it means.

Source: 행정안전부 「대한민국 공공서비스(혜택) 정보」 (gov24/v3), operation `supportConditions`. Numbers
that are missing belonged to older versions with other meanings.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Group(StrEnum):
    """What a condition is about; the values are the names of facts in JSON."""

    AGE = "age"
    SEX = "sex"
    INCOME = "income_percent"
    TRAITS = "traits"
    HOUSEHOLD = "household"
    BUSINESS = "business"
    BUSINESS_KIND = "business_kind"
    ORGANISATION = "organisation"
    ORGANISATION_KIND = "organisation_kind"


_NAMES: Mapping[Group, Mapping[str, str]] = {
    Group.SEX: {"JA0101": "남성", "JA0102": "여성"},
    Group.INCOME: {
        "JA0201": "중위소득 50% 이하",
        "JA0202": "중위소득 51~75%",
        "JA0203": "중위소득 76~100%",
        "JA0204": "중위소득 101~200%",
        "JA0205": "중위소득 200% 초과",
    },
    Group.TRAITS: {
        "JA0301": "예비부모·난임",
        "JA0302": "임산부",
        "JA0303": "출산·입양",
        "JA0313": "농업인",
        "JA0314": "어업인",
        "JA0315": "축산업인",
        "JA0316": "임업인",
        "JA0317": "초등학생",
        "JA0318": "중학생",
        "JA0319": "고등학생",
        "JA0320": "대학생·대학원생",
        "JA0322": "해당사항 없음",
        "JA0326": "근로자·직장인",
        "JA0327": "구직자·실업자",
        "JA0328": "장애인",
        "JA0329": "국가보훈대상자",
        "JA0330": "질병·질환자",
    },
    Group.HOUSEHOLD: {
        "JA0401": "다문화가족",
        "JA0402": "북한이탈주민",
        "JA0403": "한부모·조손가정",
        "JA0404": "1인가구",
        "JA0410": "해당사항 없음",
        "JA0411": "다자녀가구",
        "JA0412": "무주택세대",
        "JA0413": "신규전입",
        "JA0414": "확대가족",
    },
    Group.BUSINESS: {"JA1101": "예비창업자", "JA1102": "영업 중", "JA1103": "생계곤란·폐업예정자"},
    Group.BUSINESS_KIND: {"JA1201": "음식점업", "JA1202": "제조업", "JA1299": "기타 업종"},
    Group.ORGANISATION: {"JA2101": "중소기업", "JA2102": "사회복지시설", "JA2103": "기관·단체"},
    Group.ORGANISATION_KIND: {
        "JA2201": "제조업",
        "JA2202": "농업·임업·어업",
        "JA2203": "정보통신업",
        "JA2299": "기타 업종",
    },
}

NOTHING_SPECIAL: Mapping[Group, str] = MappingProxyType({Group.TRAITS: "JA0322", Group.HOUSEHOLD: "JA0410"})
"""해당사항 없음: who has nothing special is welcome too, so that the group limits nobody."""
ONE_ONLY = frozenset({Group.SEX, Group.INCOME})
"""Of these a citizen has exactly one code; a service that marks all of them limits nobody."""

GROUP_OF: Mapping[str, Group] = MappingProxyType(
    {code: group for group, names in _NAMES.items() for code in names}
)
"""The group of every code that is a mark (`Y`); JA0110 and JA0111 are numbers."""
NAMES: Mapping[str, str] = MappingProxyType(
    {code: name for names in _NAMES.values() for code, name in names.items()}
)
"""What each code means, in a few words."""
CODES: Mapping[Group, tuple[str, ...]] = MappingProxyType(
    {
        group: tuple(code for code in names if code != NOTHING_SPECIAL.get(group))
        for group, names in _NAMES.items()
    }
)
"""What a citizen can be, group by group; without "nothing special"."""
KIND_OF: Mapping[Group, Group] = MappingProxyType(
    {Group.BUSINESS_KIND: Group.BUSINESS, Group.ORGANISATION_KIND: Group.ORGANISATION}
)
"""A kind of business has only who has a business."""
