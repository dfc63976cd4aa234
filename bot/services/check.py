"""What is wrong in the services' files beyond their form, with the line and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.content.check_texts import fold
from bot.content.persona import COMMON, PLACEHOLDER
from bot.content.problem import Problem, did_you_mean
from bot.services.load import ServiceFile, load_services
from bot.services.models import FORM_WORDS, Definition, Parameter, Rows

_IN_PATH = re.compile(r"\{([^{}]*)\}")
_CONTACT = frozenset({"department", "department_phone"})


@dataclass(frozen=True)
class _One:
    """A service and what its rules look at."""

    file: ServiceFile
    others: Mapping[str, Definition]
    departments: frozenset[str] | None
    common: frozenset[str]
    """Placeholders that are known everywhere."""

    @property
    def service(self) -> Definition:
        return self.file.definition

    def problem(self, rule: str, said: str, remedy: str, *at: int | str) -> Problem:
        return self.file.document.problem(rule, said, remedy, *at)

    @property
    def named(self) -> frozenset[str]:
        """Placeholders of a reply: parameters and fields."""
        fields = self.service.answer
        phones = {f"{name}_phone" for name, field in fields.items() if str(field).startswith("department")}
        return self.common | _CONTACT | self.service.parameters.keys() | fields.keys() | phones

    def rows(self, name: str | None) -> frozenset[str]:
        """Placeholders of a row of a list."""
        fields = self.service.row_fields(name or "")
        phones = {f"{each}_phone" for each, field in fields.items() if field.startswith("department")}
        return self.named | fields.keys() | phones


def check_services(folder: Path, departments: frozenset[str] | None, emoji: Iterable[str]) -> list[Problem]:
    """Every fault in the services of a folder; `departments` are ids, None when their file is broken."""
    loaded = load_services(folder)
    problems = list(loaded.problems)
    known = {id_: file.definition for id_, file in loaded.files.items()}
    common = COMMON | frozenset(emoji)
    for file in loaded.files.values():
        one = _One(file, known, departments, common)
        for rule in (_parameters, _choices, _endpoint, _answer, _words, _buttons, _elsewhere):
            problems += rule(one)
    return [*problems, *_twice(loaded.files)]


def _parameters(one: _One) -> Iterator[Problem]:
    for name, parameter in one.service.parameters.items():
        at = ("parameters", name)
        if name in FORM_WORDS:
            yield one.problem(
                "reserved", f"매개변수 이름 ‘{name}’은 쓸 수 없어요", "다른 이름을 써 주세요.", *at
            )
        for low, high in (("earliest", "latest"), ("least", "most")):
            least, most = getattr(parameter, low), getattr(parameter, high)
            if least is not None and most is not None and least > most:
                said = f"{name}: {low}({least})가 {high}({most})보다 커요"
                yield one.problem("limits", said, "두 값을 바꿔 적어 주세요.", *at, low)
    used = {
        *_IN_PATH.findall(one.service.endpoint.path),
        *one.service.endpoint.query,
        *one.service.endpoint.body,
    }
    for name in sorted(one.service.parameters.keys() - used):
        said = f"‘{name}’을 물어보지만 API에 보내지 않아요"
        idle = one.problem(
            "unused", said, "endpoint의 path·query·body에 넣거나 지워 주세요.", "parameters", name
        )
        yield replace(idle, severity="warning")


def _choices(one: _One) -> Iterator[Problem]:
    for name, parameter in one.service.parameters.items():
        at = ("parameters", name)
        if (parameter.type == "choice") != (bool(parameter.choices) or parameter.choices_from is not None):
            said = f"{name}: type이 choice이면 choices나 choices_from이 있어야 하고, 아니면 없어야 해요"
            yield one.problem("choices", said, "보기를 적거나 type을 바꿔 주세요.", *at)
        if parameter.choices_from:
            yield from _source(one, name, parameter)


def _source(one: _One, name: str, parameter: Parameter) -> Iterator[Problem]:
    source, at = parameter.choices_from, ("parameters", name, "choices_from")
    if source is None:
        return
    other = one.others.get(source.service)
    if other is None or other.endpoint.changes:
        said = f"보기를 물어볼 서비스 ‘{source.service}’가 없거나 무언가를 바꾸는 서비스예요."
        said += did_you_mean(source.service, one.others)
        yield one.problem("choices", said, "조회하는(GET) 서비스의 id를 적어 주세요.", *at, "service")
        return
    fields = other.row_fields(source.list)
    if not fields:
        said = f"‘{source.service}’의 answer에 목록 ‘{source.list}’가 없어요"
        yield one.problem("choices", said, "목록의 이름을 적어 주세요.", *at, "list")
    elif source.value not in fields or (source.only and fields.get(source.only) != "yes_no"):
        said = f"목록 ‘{source.list}’에 value ‘{source.value}’나 yes_no인 only ‘{source.only}’가 없어요"
        yield one.problem("choices", said, f"있는 것: {', '.join(fields)}", *at)
    names = list(one.service.parameters)
    missing = sorted(other.parameters.keys() - set(names[: names.index(name)]))
    if missing:
        said = f"‘{source.service}’에 필요한 {', '.join(missing)}을(를) 먼저 물어보지 않아요"
        yield one.problem("choices", said, f"‘{name}’보다 앞에 같은 이름의 매개변수를 적어 주세요.", *at)
    if source.otherwise and source.otherwise not in names[: names.index(name)]:
        said = f"otherwise ‘{source.otherwise}’는 ‘{name}’보다 앞의 매개변수가 아니에요"
        yield one.problem("choices", said, "앞에서 물어본 것을 적어 주세요.", *at, "otherwise")
    yield from _unknown(one, one.common | fields.keys(), (source.label,), *at, "label")


def _endpoint(one: _One) -> Iterator[Problem]:
    service, endpoint = one.service, one.service.endpoint
    places = [("path", name) for name in _IN_PATH.findall(endpoint.path)]
    places += [("query", name) for name in endpoint.query] + [("body", name) for name in endpoint.body]
    for place, name in places:
        if name not in service.parameters:
            said = (
                f"endpoint.{place}의 ‘{name}’은 parameters에 없어요.{did_you_mean(name, service.parameters)}"
            )
            yield one.problem("parameter", said, "이름을 고치거나 매개변수를 더해 주세요.", "endpoint", place)
    if endpoint.changes and not service.confirm:
        said = f"{endpoint.method}로 무언가를 바꾸는데 확인하는 말(confirm)이 없어요"
        yield one.problem("confirm", said, "confirm: 이렇게 할까요? 처럼 적어 주세요.", "endpoint", "method")
    if service.personal and not endpoint.subject_header:
        said = "로그인이 필요한데 누구인지 알릴 헤더(subject_header)가 없어요"
        yield one.problem("subject", said, "endpoint에 subject_header를 적어 주세요.", "endpoint")


def _answer(one: _One) -> Iterator[Problem]:
    service = one.service
    lists = {name for name, field in service.answer.items() if isinstance(field, Rows)}
    wanted: list[tuple[str | None, tuple[int | str, ...]]] = [(service.empty_when, ("empty_when",))]
    wanted += [(service.cards.each, ("cards", "each"))] if service.cards else []
    wanted += [(each.each, ("buttons", index, "each")) for index, each in enumerate(service.buttons)]
    for name, at in wanted:
        if name is not None and name not in lists:
            said = f"‘{name}’은 answer의 목록이 아니에요.{did_you_mean(name, lists)}"
            yield one.problem("list", said, "answer에 list로 적은 이름을 써 주세요.", *at)
    if service.empty_when and not service.replies.empty:
        said = "목록이 비었을 때의 말(replies.empty)이 없어요"
        yield one.problem("empty", said, "replies 아래 empty를 적어 주세요.", "replies")
    for what, name in service.asked_again.items():
        if name not in service.parameters:
            said = f"asked_again의 ‘{name}’은 parameters에 없어요"
            yield one.problem("parameter", said, "다시 물어볼 매개변수를 적어 주세요.", "asked_again", what)


def _words(one: _One) -> Iterator[Problem]:
    service, replies = one.service, one.service.replies
    told = one.common | _CONTACT | service.parameters.keys()
    yield from _unknown(one, told, service.confirm, "confirm")
    for name in ("found", "empty"):
        yield from _unknown(one, one.named, getattr(replies, name), "replies", name)
    for name in ("not_found", "conflict", "not_permitted"):
        yield from _unknown(one, told, getattr(replies, name), "replies", name)
    yield from _unknown(one, told | {"reason"}, replies.invalid, "replies", "invalid")
    for name, parameter in service.parameters.items():
        yield from _unknown(one, one.common, parameter.ask, "parameters", name, "ask")
        yield from _unknown(one, one.common, parameter.again, "parameters", name, "again")
    if service.cards:
        row = one.rows(service.cards.each)
        texts = (service.cards.title, service.cards.text or "", *service.cards.facts.values())
        yield from _unknown(one, row, texts, "cards")


def _unknown(one: _One, known: Iterable[str], texts: Iterable[str], *at: int | str) -> Iterator[Problem]:
    names = frozenset(known)
    for text in texts:
        for name in PLACEHOLDER.findall(text):
            if name not in names:
                said = f"‘{{{name}}}’ 자리는 여기서 쓸 수 없어요.{did_you_mean(name, names)}"
                yield one.problem("placeholder", said, f"쓸 수 있는 것: {', '.join(sorted(names))}", *at)
        if "{" in (rest := PLACEHOLDER.sub("", text)) or "}" in rest:
            yield one.problem("placeholder", "중괄호의 짝이 맞지 않아요", "{name}처럼 여닫아 주세요.", *at)


def _buttons(one: _One) -> Iterator[Problem]:
    for index, each in enumerate(one.service.buttons):
        at = ("buttons", index)
        if sum(map(bool, (each.service, each.says, each.url))) != 1:
            said = "단추에는 service, says, url 가운데 하나만 있어야 해요"
            yield one.problem("button", said, "하나만 남겨 주세요.", *at)
        row = one.rows(each.each)
        yield from _unknown(one, row, (each.label, each.says or ""), *at)
        if each.service is None:
            continue
        other = one.others.get(each.service)
        if other is None:
            said = f"단추의 서비스 ‘{each.service}’가 없어요.{did_you_mean(each.service, one.others)}"
            yield one.problem("button", said, "있는 서비스의 id를 적어 주세요.", *at, "service")
        elif strange := sorted(
            (each.give.keys() - other.parameters.keys()) | (set(each.give.values()) - row)
        ):
            said = f"give의 {', '.join(strange)}을(를) 찾을 수 없어요"
            remedy = "왼쪽에는 그 서비스의 매개변수, 오른쪽에는 여기의 매개변수나 필드를 적어 주세요."
            yield one.problem("button", said, remedy, *at, "give")


def _elsewhere(one: _One) -> Iterator[Problem]:
    department = one.service.department
    if department and one.departments is not None and department not in one.departments:
        said = (
            f"담당 부서 ‘{department}’가 departments.yml에 없어요.{did_you_mean(department, one.departments)}"
        )
        yield one.problem("owner", said, "있는 부서의 id를 적거나 부서를 더해 주세요.", "department")


def _twice(files: Mapping[str, ServiceFile]) -> Iterator[Problem]:
    """The same example or intent in two services: nobody could tell which is meant."""
    seen: dict[str, ServiceFile] = {}
    for file in files.values():
        for at, texts in (("examples", file.definition.examples), ("intents", file.definition.intents)):
            for text in texts:
                first = seen.setdefault(f"{at}:{fold(text)}", file)
                if first is not file:
                    said = f"‘{text}’는 {first.document.path.name}에도 있어요"
                    yield file.document.problem("twice", said, "한쪽에만 남겨 주세요.", at)
