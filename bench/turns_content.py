"""A city office's content of any size, generated, for the turn benchmark: intents, examples, rules, replies.

Rasa reads it as it reads staff's own files; replies come from the domain, so no action server takes part
and every figure is Rasa's own.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import yaml

_SUBJECTS = (
    "여권", "주민등록등본", "인감증명서", "가족관계증명서", "전입신고", "출생신고", "혼인신고", "대형폐기물",
    "자동차세", "재산세", "주정차 위반 과태료", "장애인 등록", "기초연금", "아동수당", "어린이집 입소",
    "임산부 교통비", "청년 월세 지원", "무료 법률 상담", "도서관 회원증", "체육관 대관", "상수도 요금",
    "가로등 고장", "반려동물 등록", "건축 허가", "영업 신고",
)  # fmt: skip
_MATTERS = {
    "how": ("하는 방법", "어떻게 해요", "신청 절차", "하려면 뭘 해야 하나요", "처리 순서"),
    "fee": ("수수료", "얼마예요", "비용이 드나요", "돈 내야 해요", "요금표"),
    "papers": ("구비서류", "뭐 가져가요", "준비물", "필요한 서류", "서류 목록"),
    "place": ("어디서 해요", "접수처", "담당 부서", "어느 창구로 가요", "가까운 곳"),
}
_FRAMES = (
    "{subject} {matter}",
    "{matter} {subject}",
    "저기요 {subject} {matter}",
    "{subject}은 {matter} 궁금해요",
)


def names(intents: int) -> list[str]:
    """The first `intents` intent names; at most 100."""
    pairs = list(product(range(len(_SUBJECTS)), _MATTERS))[:intents]
    if len(pairs) < intents:
        raise ValueError(f"there are {len(pairs)} intents, not {intents}")
    return [f"ask_{matter}_{place:02d}" for place, matter in pairs]


def examples(intent: str, count: int = 20) -> list[str]:
    """`count` (at most 20) ways to ask for an intent, all different."""
    _, matter, place = intent.split("_")
    told = product(_FRAMES, _MATTERS[matter])
    return [frame.format(subject=_SUBJECTS[int(place)], matter=words) for frame, words in told][:count]


def fitted(config: dict[str, Any]) -> dict[str, Any]:
    """A `config.yml` of ours for this content: names of our own intents and examples taken out."""
    # What the thesaurus and the services add is content too, and both sides are to have the same.
    pipeline = [
        part
        for part in config["pipeline"]
        if not part["name"].endswith(("ThesaurusQuestions", "ServiceExamples"))
    ]
    for part in pipeline:
        if part["name"].endswith("RequestCollector"):
            part["intents"] = []
    for policy in config["policies"]:
        if "core_fallback_action_name" in policy:
            policy["core_fallback_action_name"] = "utter_unknown"
    return {**config, "pipeline": pipeline}


def write(folder: Path, config: str, intents: int = 100, per_intent: int = 20) -> None:
    """A Rasa project in `folder`: `config.yml` with the text given, domain, nlu and rules."""
    known = names(intents)
    fallback = "utter_unknown"
    domain = {
        "version": "3.1",
        "intents": [*known, "nlu_fallback"],
        "responses": {f"utter_{name}": [{"text": f"{name}에 대한 안내예요."}] for name in known}
        | {fallback: [{"text": "다시 말씀해 주세요."}]},
        "session_config": {"session_expiration_time": 0, "carry_over_slots_to_new_session": True},
    }
    nlu = [
        {"intent": name, "examples": "".join(f"- {line}\n" for line in examples(name, per_intent))}
        for name in known
    ]
    rules = [{"rule": name, "steps": [{"intent": name}, {"action": f"utter_{name}"}]} for name in known] + [
        {"rule": fallback, "steps": [{"intent": "nlu_fallback"}, {"action": fallback}]}
    ]
    for name in ("data/nlu", "data/rules"):
        (folder / name).mkdir(parents=True)
    (folder / "config.yml").write_text(config, encoding="utf-8")
    for name, content in (
        ("domain.yml", domain),
        ("data/nlu/questions.yml", {"version": "3.1", "nlu": nlu}),
        ("data/rules/questions.yml", {"version": "3.1", "rules": rules}),
        ("credentials.yml", {"rest": None}),
    ):
        text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        (folder / name).write_text(text, encoding="utf-8")
