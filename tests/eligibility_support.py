"""A small catalogue for tests: one service of each kind that matters to who may have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.catalogue.sync import synchronise
from bot.log.engine import open_engine
from bot.log.migrate import migrate
from bot.messages import utc_now
from tests.catalogue_support import api, served

CITY = {"소관기관명": "한빛시", "소관기관유형": "시군구", "부서명": "청년정책과"}
STATE = {"소관기관명": "보건복지부", "소관기관유형": "중앙행정기관"}


def service(
    number: int, name: str, conditions: dict[str, Any], agency: dict[str, str] = STATE, **fields: str
) -> dict[str, Any]:
    """One service as the API tells it."""
    return {
        "서비스ID": f"{number:012d}",
        "서비스명": name,
        "사용자구분": "개인",
        "지원내용": f"{name}의 내용이에요.",
        "지원대상": f"{name}의 대상이에요.",
        "구비서류": "신청서, 신분증",
        "신청방법": "방문신청||온라인신청",
        "신청기한": "상시신청",
        "접수기관": "주소지 행정복지센터",
        "전화문의": "한빛시청/02-000-0120",
        "상세조회URL": f"https://www.gov.kr/portal/rcvfvrSvc/dtlEx/{number:012d}",
        **agency,
        **fields,
        "조건": conditions,
    }


SERVICES = (
    service(1, "청년월세 한시 특별지원", {"JA0110": 19, "JA0111": 34, "JA0201": "Y", "JA0412": "Y"}, CITY),
    service(
        2,
        "구직청년 응원금",
        {"JA0110": 19, "JA0111": 39, "JA0327": "Y"},
        CITY,
        신청기한="2026.11.01~2026.12.10",
    ),
    service(3, "임산부 영양꾸러미", {"JA0102": "Y", "JA0302": "Y"}),
    service(4, "어르신 교통카드", {"JA0110": 65, "JA0111": 120}, CITY),
    service(5, "장애인 활동보조", {"JA0328": "Y"}),
    service(6, "한부모 양육비", {"JA0201": "Y", "JA0202": "Y", "JA0403": "Y"}),
    service(7, "1인가구 안심키트", {"JA0404": "Y"}, CITY),
    service(8, "소상공인 경영안정자금", {"JA1102": "Y"}, 사용자구분="소상공인"),
    service(9, "누구나 평생학습 수강료", {"JA0322": "Y", "JA0410": "Y"}, CITY),
    service(10, "저소득 난방비 도움", {"JA0201": "Y"}),
    service(11, "지난 축제 초대권", {}, CITY, 신청기한="2026.01.01~2026.01.31"),
    service(
        12,
        "남의 도시 청년수당",
        {"JA0110": 19, "JA0111": 39},
        {"소관기관명": "먼데시", "소관기관유형": "시군구"},
    ),
)


async def fill(database: str, services: Sequence[dict[str, Any]] = SERVICES) -> None:
    """Let the database have these services, by the way that all come in, and no others."""
    await migrate(database)
    engine = open_engine(database)
    try:
        async with api(served(list(services))) as client:
            await synchronise(engine, client, utc_now, allow_fewer=True)
    finally:
        await engine.dispose()
