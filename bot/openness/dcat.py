"""What there is to have, for catalogues of open data: DCAT 3 as JSON-LD (https://www.w3.org/TR/vocab-dcat-3/)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.openness.about import OpenFile
from bot.openness.card import Publisher
from bot.openness.stored import Published

_CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_WEEKLY = "http://publications.europa.eu/resource/authority/frequency/WEEKLY"
_CONTINUOUS = "http://publications.europa.eu/resource/authority/frequency/CONT"
_MEDIA = "https://www.iana.org/assignments/media-types/"


def catalogue(base: str, publisher: Publisher, about: OpenFile, cards: Sequence[Published]) -> dict[str, Any]:
    """The catalogue with its data sets; `base` is the address of `/open`."""
    agency = {"@id": f"{base}#publisher", "@type": "foaf:Agent", "foaf:name": publisher.name}
    common: dict[str, Any] = {
        "dct:publisher": {"@id": agency["@id"]},
        "dct:license": {"@id": about.licence.url},
        "dct:language": "ko",
    }
    if about.contact:
        common["dcat:contactPoint"] = {"@type": "vcard:Kind", "vcard:fn": about.contact}
    return {
        "@context": _CONTEXT,
        "@id": f"{base}/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": f"{publisher.name} 챗봇 공개 자료",
        "dct:description": about.about,
        "foaf:homepage": {"@id": base},
        **common,
        "dct:publisher": agency,
        "dcat:dataset": [
            {**_set(base, *each), **common} for each in (_scorecard(base, cards), *_contents(base))
        ],
        "dcat:service": {
            "@id": f"{base}/api",
            "@type": "dcat:DataService",
            "dct:title": f"{publisher.name} 챗봇 API",
            "dcat:endpointURL": {"@id": f"{base}/api"},
            "dcat:endpointDescription": {"@id": f"{base}/api/openapi.json"},
            "dcat:servesDataset": [
                {"@id": f"{base}#{name}"} for name in ("answers", "services", "departments")
            ],
            **common,
        },
    }


_Set = tuple[str, str, str, dict[str, Any], Sequence[tuple[str, str, str]]]
"""Name, title, description, more about it, and its files: title, address, media type."""


def _scorecard(base: str, cards: Sequence[Published]) -> _Set:
    more: dict[str, Any] = {"dct:accrualPeriodicity": {"@id": _WEEKLY}}
    if cards:
        more["dct:issued"], more["dct:modified"] = _at(cards[-1].made_at), _at(cards[0].made_at)
        more["dct:temporal"] = {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": cards[-1].week.isoformat(), "@type": "xsd:date"},
        }
    more["dct:conformsTo"] = {"@id": f"{base}/scorecard.schema.json"}
    files = (
        ("지난주", f"{base}/scorecard.json", "application/json"),
        ("모든 주", f"{base}/scorecards.json", "application/json"),
        ("모든 주", f"{base}/scorecards.csv", "text/csv"),
    )
    text = "한 주 동안 무엇을 묻고 얼마나 답했는지. 사람이 보이는 작은 수는 가렸어요."
    return ("scorecard", "챗봇 주간 성적표", text, more, files)


def _contents(base: str) -> Sequence[_Set]:
    often = {"dct:accrualPeriodicity": {"@id": _CONTINUOUS}}
    api, json = f"{base}/api", "application/json"
    changes = ("새 답변과 바뀐 답변", f"{base}/feed.atom", "application/atom+xml")
    questions = ("질문과 맞는 답", f"{base}/questions.json", json)
    return (
        (
            "answers",
            "답변",
            "챗봇이 안내하는 답변과 근거",
            often,
            [("답변", f"{api}/answers", json), changes],
        ),
        (
            "services",
            "공공서비스",
            "시민이 쓸 수 있는 공공서비스",
            often,
            [("목록", f"{api}/services", json)],
        ),
        ("departments", "부서", "부서의 일과 연락처", often, [("목록", f"{api}/departments", json)]),
        ("questions", "점검 질문", "정확도를 재는 질문과 맞는 답", often, [questions]),
    )


def _set(
    base: str, name: str, title: str, text: str, more: dict[str, Any], files: Sequence[tuple[str, str, str]]
) -> dict[str, Any]:
    return {
        "@id": f"{base}#{name}",
        "@type": "dcat:Dataset",
        "dct:identifier": name,
        "dct:title": title,
        "dct:description": text,
        **more,
        "dcat:distribution": [
            {
                "@type": "dcat:Distribution",
                "dct:title": label,
                "dcat:accessURL": {"@id": address},
                "dcat:downloadURL": {"@id": address},
                "dcat:mediaType": {"@id": f"{_MEDIA}{kind}"},
            }
            for label, address, kind in files
        ],
    }


def _at(moment: datetime) -> dict[str, str]:
    return {"@value": moment.isoformat(), "@type": "xsd:dateTime"}
