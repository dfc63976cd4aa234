"""The way of a dialogue as a graph: what the rules, stories, forms or the service in a file say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["start", "says", "does", "form", "condition", "end"]


@dataclass(frozen=True)
class Box:
    """A place on the way."""

    key: str
    kind: Kind
    label: str
    """In words for staff."""
    name: str
    """As it stands in the file; empty for start and end."""


@dataclass(frozen=True)
class Arrow:
    """A step from one box to the next."""

    source: str
    target: str
    label: str
    """Under which condition; empty for always."""


@dataclass(frozen=True)
class Flow:
    """One rule or story, or several that begin alike, as boxes and arrows."""

    title: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    def sentences(self) -> list[str]:
        """The picture in words, one sentence for each arrow."""
        boxes = {box.key: box for box in self.boxes}
        return [
            f"{boxes[arrow.source].label} → {boxes[arrow.target].label}"
            + (f" ({arrow.label})" if arrow.label else "")
            for arrow in self.arrows
        ]


Label = Callable[[str], str]
"""What staff call an intent."""

ACTIONS = {
    "action_answer": "답변을 찾아 말해요",
    "action_say": "정해 둔 말을 해요",
    "action_answer_several": "여러 질문에 차례로 답해요",
    "action_search_service": "서비스를 찾아 보여 줘요",
    "action_choose_answer": "고른 답변을 말해요",
    "action_show_more": "나머지를 보여 줘요",
    "action_ask_again": "앞의 답을 다시 말해요",
    "action_waste_schedule": "수거 요일을 말해요",
    "action_bulky_waste": "대형폐기물 수수료를 말해요",
    "action_office_info": "부서를 안내해요",
    "action_request_handoff": "상담원을 불러요",
    "action_affirm": "‘네’에 답해요",
    "action_deny": "‘아니요’에 답해요",
    "action_service": "서비스에 물어보거나 신청해요",
    "action_benefit": "받을 수 있는 혜택을 보여 줘요",
    "action_erase_data": "기록을 지울지 물어요",
    "action_show_my_data": "가진 정보를 보여 줘요",
    "action_export_my_data": "대화를 내보내요",
    "action_withdraw_consent": "동의를 거둬요",
    "action_log_in": "로그인 링크를 줘요",
    "action_log_out": "로그아웃해요",
    "action_jurisdiction": "맡은 기관을 알려 줘요",
    "action_wish": "알림을 켜요",
    "action_list_subscriptions": "켜 둔 알림을 보여 줘요",
    "action_unsubscribe": "알림을 꺼요",
    "action_voice_done": "신고나 제안을 접수해요",
    "action_voice": "신고·제안 단추를 처리해요",
    "action_my_voices": "내 신고와 제안을 보여 줘요",
    "action_report_problem": "신고하는 길을 알려 줘요",
    "action_attachment": "받은 파일에 답해요",
    "action_deactivate_loop": "묻기를 그만둬요",
    "action_listen": "다음 말을 기다려요",
    "action_restart": "처음부터 다시 해요",
}
FORMS = {
    "service_form": "서비스에 필요한 것을 물어요",
    "benefit_form": "형편을 물어요",
    "voice_form": "신고·제안 내용을 물어요",
    "wish_form": "무엇을 알려 줄지 물어요",
}


_DURING = {
    "service_form": "서비스에 필요한 것을 묻는 동안",
    "benefit_form": "형편을 묻는 동안",
    "voice_form": "신고·제안 내용을 묻는 동안",
    "wish_form": "알림에 필요한 것을 묻는 동안",
}


def flows(content: Any, label: Label) -> list[Flow]:
    """The rules and stories in a file's content, in order; entries that are none are left out."""
    found = []
    if isinstance(content, Mapping):
        for key in ("rules", "stories"):
            for entry in _list(content.get(key)):
                title = _mapping(entry).get("rule") or _mapping(entry).get("story")
                if title:
                    found.append(_flow(str(title), entry, label))
        for name, form in _mapping(content.get("forms")).items():
            found.append(_form(str(name), form))
        if "parameters" in content and "endpoint" in content:
            found.append(_service(content))
        if isinstance(content.get("steps"), list) and "id" in content:
            found.append(_steps(content))
    return found


class _Drawing:
    """Boxes and arrows while they are put down; a loop back is a second arrow to a box that is there."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.ends: list[str] = []
        """Boxes that the next one follows."""
        self.when = ""

    def put(self, kind: Kind, label: str, name: str = "") -> Box:
        box = Box(f"b{len(self.boxes)}", kind, label, name)
        self.boxes.append(box)
        return box

    def follow(self, *boxes: Box) -> None:
        for box in boxes:
            for end in self.ends:
                self.arrows.append(Arrow(end, box.key, self.when))
        self.ends, self.when = [box.key for box in boxes], ""

    def back_to(self, name: str) -> bool:
        """Go on at a box that is there already; False when there is none."""
        for box in reversed(self.boxes):
            if box.kind == "form" and box.name == name:
                self.follow(box)
                return True
        return False


def _flow(title: str, entry: Mapping[str, Any], label: Label) -> Flow:
    drawing = _Drawing()
    conditions = [_condition(step) for step in _list(entry.get("condition"))]
    begin = drawing.put("start", " · ".join(filter(None, conditions)) or "대화 중")
    drawing.ends = [begin.key]
    for step in _list(entry.get("steps")):
        _put(drawing, step, label)
    waits = entry.get("wait_for_user_input", "true")
    drawing.follow(
        drawing.put("end", "이어서 해요" if str(waits).lower() == "false" else "시민의 말을 기다려요")
    )
    return Flow(title, tuple(drawing.boxes), tuple(drawing.arrows))


def _put(drawing: _Drawing, step: Any, label: Label) -> None:
    if not isinstance(step, Mapping):
        return
    if "or" in step:
        boxes = [
            drawing.put("says", _said(one, label), str(one["intent"]))
            for one in _list(step["or"])
            if "intent" in _mapping(one)
        ]
        if boxes:
            drawing.follow(*boxes)
    elif "intent" in step:
        drawing.follow(drawing.put("says", _said(step, label), str(step["intent"])))
    elif "action" in step:
        name = str(step["action"])
        if name.endswith("_form"):
            if any(box.kind == "form" and box.name == name for box in drawing.boxes):
                drawing.back_to(name)
            else:
                drawing.follow(drawing.put("form", FORMS.get(name, name), name))
        else:
            drawing.follow(drawing.put("does", ACTIONS.get(name, name), name))
    elif "active_loop" in step and step["active_loop"] in (None, "null", ""):
        if drawing.boxes[-1].kind == "form":
            drawing.when = "다 물었으면"
    elif "slot_was_set" in step or "checkpoint" in step:
        said = _condition(step)
        if said:
            drawing.follow(drawing.put("condition", said))


def _said(step: Mapping[str, Any], label: Label) -> str:
    values = [
        str(value)
        for entity in _list(step.get("entities"))
        for value in (entity.values() if isinstance(entity, Mapping) else [entity])
    ]
    said = f"시민: {label(str(step.get('intent', '')))}"
    return f"{said} ({', '.join(values)})" if values else said


def _condition(step: Mapping[str, Any]) -> str:
    if "active_loop" in step:
        name = step["active_loop"]
        if name in (None, "null", ""):
            return "묻고 있지 않을 때"
        return _DURING.get(str(name), f"{name} 동안")
    if "slot_was_set" in step:
        said = []
        for slot in _list(step["slot_was_set"]):
            for name, value in slot.items() if isinstance(slot, Mapping) else [(slot, True)]:
                if name == "requested_slot":
                    continue
                said.append(f"‘{name}’을 모를 때" if value in (None, "null") else f"‘{name}’을 알 때")
        return " · ".join(said)
    return f"이어지는 곳: {step['checkpoint']}" if "checkpoint" in step else ""


def _form(name: str, form: Any) -> Flow:
    drawing = _Drawing()
    box = drawing.put("form", FORMS.get(name, name), name)
    drawing.ends = [box.key]
    for slot in _list(_mapping(form).get("required_slots")):
        drawing.follow(drawing.put("does", f"‘{slot}’을 물어요", str(slot)))
    drawing.follow(drawing.put("end", "다 물었으면 끝나요"))
    return Flow(name, tuple(drawing.boxes), tuple(drawing.arrows))


def _service(content: Mapping[str, Any]) -> Flow:
    """A service of `data/services`: what is asked, whether it is confirmed, and what can come out."""
    drawing = _Drawing()
    begin = drawing.put("start", f"시민: {content.get('title') or content.get('id')}")
    drawing.ends = [begin.key]
    if content.get("identity") not in (None, "none"):
        drawing.follow(drawing.put("condition", "로그인해요"))
    for name, one in _mapping(content.get("parameters")).items():
        drawing.follow(
            drawing.put("form", f"{_object(str(_mapping(one).get('title') or name))} 물어요", str(name))
        )
    if content.get("confirm"):
        drawing.follow(drawing.put("condition", "맞는지 확인해요"))
    changes = str(_mapping(content["endpoint"]).get("method", "GET")) != "GET"
    drawing.follow(drawing.put("does", "시의 시스템에 신청해요" if changes else "시의 시스템에 물어요"))
    asked = drawing.ends
    ends = []
    for outcome, said in _RESULTS.items():
        if outcome in _mapping(content.get("replies")):
            drawing.ends, drawing.when = asked, said
            ends.append(drawing.put("end", _short(_mapping(content["replies"])[outcome])))
            drawing.follow(ends[-1])
    return Flow(str(content.get("title") or content.get("id")), tuple(drawing.boxes), tuple(drawing.arrows))


_RESULTS = {
    "found": "있으면",
    "empty": "비어 있으면",
    "not_found": "없으면",
    "conflict": "그 사이 바뀌었으면",
    "invalid": "받아들이지 않으면",
    "not_permitted": "권한이 없으면",
}


def _steps(content: Mapping[str, Any]) -> Flow:
    """A checklist of `data/life_events`: one thing to do after the other."""
    drawing = _Drawing()
    begin = drawing.put("start", str(content.get("title") or content.get("name") or content["id"]))
    drawing.ends = [begin.key]
    for step in _list(content["steps"]):
        said = step.get("title") or step.get("name") or step.get("id") if isinstance(step, Mapping) else step
        drawing.follow(drawing.put("does", str(said)))
    return Flow(begin.label, tuple(drawing.boxes), tuple(drawing.arrows))


def _object(word: str) -> str:
    """A word with the particle of what is asked for."""
    last = word[-1:]
    closed = "가" <= last <= "힣" and (ord(last) - ord("가")) % 28
    return f"{word}{'을' if closed else '를'}"


def _short(text: Any) -> str:
    line = next(iter(str(text[0] if isinstance(text, list) and text else text).strip().split("\n")), "")
    return line if len(line) <= 40 else f"{line[:39]}…"


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
