"""What a citizen has said so far for a service: the state of the form, and what it needs next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from bot.services.models import Definition, Parameter
from bot.services.reading import Options, Read, options_of, read


@dataclass(frozen=True)
class Problem:
    """What could not be taken, and why (`Read.problem`)."""

    parameter: str
    code: str
    given: str = ""


@dataclass(frozen=True)
class Filling:
    """The state of one form."""

    values: Mapping[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    """Of the last message."""
    offered: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Choices that were asked for at the city's API: parameter → value → label."""
    wished: Mapping[str, str] = field(default_factory=dict)
    """Values of such parameters that were given before the choices were known."""
    heard: str = ""
    """The last words that gave a value, in which an offered choice may be named already."""
    agreed: bool = False
    changing: bool = False
    """Not as it is: something is to be changed."""
    corrected: str = ""
    """Parameter that the last message gave another value."""

    def to_json(self) -> dict[str, Any]:
        """The form in which Rasa keeps it."""
        return {
            "values": dict(self.values),
            "problem": [self.problem.parameter, self.problem.code, self.problem.given]
            if self.problem
            else None,
            "offered": {name: dict(options) for name, options in self.offered.items()},
            "wished": dict(self.wished),
            "heard": self.heard,
            "agreed": self.agreed,
            "changing": self.changing,
            "corrected": self.corrected,
        }

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> Filling:
        """Back from there; anything missing is as at the beginning."""
        return cls(
            given.get("values") or {},
            Problem(*given["problem"]) if given.get("problem") else None,
            given.get("offered") or {},
            given.get("wished") or {},
            given.get("heard") or "",
            bool(given.get("agreed")),
            bool(given.get("changing")),
            given.get("corrected") or "",
        )

    def without(self, *names: str) -> Filling:
        """Without these values."""
        return replace(self, values={key: text for key, text in self.values.items() if key not in names})

    def options(self, name: str, parameter: Parameter) -> Options:
        """What there is to choose from."""
        return options_of(parameter, self.offered.get(name) if parameter.choices_from else None)


@dataclass(frozen=True)
class Step:
    """What the form needs next."""

    kind: Literal["log_in", "ask", "confirm", "done"]
    name: str = ""
    """Of the parameter that is asked for."""


def next_step(definition: Definition, filling: Filling, known: bool) -> Step:
    """Who it is, then each parameter, then the yes. `known`: the citizen is logged in as is needed."""
    if definition.personal and not known:
        return Step("log_in")
    missing = next((name for name in definition.parameters if name not in filling.values), None)
    if missing:
        return Step("ask", missing)
    return Step("confirm") if definition.confirm and not filling.agreed else Step("done")


def offer(
    definition: Definition, filling: Filling, name: str, options: Mapping[str, str], today: date
) -> Filling:
    """The form once the choices of a parameter are known: one that was named already is taken."""
    filling = replace(filling, offered={**filling.offered, name: options})
    wished = filling.wished.get(name, "")
    if wished in options:
        return replace(filling, values={**filling.values, name: wished})
    if wished and not filling.problem:
        filling = replace(filling, problem=Problem(name, "not_offered", wished))
    found = read(
        definition.parameters[name], filling.heard, today, Options({k: (v,) for k, v in options.items()})
    )
    if found and found.value:
        return replace(filling, values={**filling.values, name: found.value})
    if found and found.problem == "not_offered" and not filling.problem:
        return replace(filling, problem=Problem(name, found.problem, found.given))
    return filling


def take(definition: Definition, filling: Filling, taken: Mapping[str, Read]) -> Filling:
    """With what was read; a value that cannot be one takes the place of the former all the same."""
    values = dict(filling.values)
    problem = None
    for name, found in taken.items():
        if found.value:
            values[name] = found.value
        else:
            values.pop(name, None)
            problem = Problem(name, found.problem, found.given)
    changed = {name for name in {*values, *filling.values} if filling.values.get(name) != values.get(name)}
    corrected = next((name for name in taken if name in changed and name in filling.values), "")
    return replace(after(definition, filling, changed, values), problem=problem, corrected=corrected)


def drop(definition: Definition, filling: Filling, name: str) -> Filling:
    """Without one value: it is asked for again."""
    values = {other: text for other, text in filling.values.items() if other != name}
    offered = {other: options for other, options in filling.offered.items() if other != name}
    wished = {other: text for other, text in filling.wished.items() if other != name}
    begun = replace(filling, heard="", offered=offered, wished=wished)
    return after(definition, begun, {name}, values)


def after(definition: Definition, filling: Filling, changed: set[str], values: dict[str, str]) -> Filling:
    """With these values; choices that were asked for with a value that has changed are asked for anew."""
    if not changed:
        return replace(filling, values=values)
    names = list(definition.parameters)
    first = min(names.index(name) for name in changed)
    stale = {name for name in names[first + 1 :] if definition.parameters[name].choices_from}
    return replace(
        filling,
        values={name: text for name, text in values.items() if name not in stale},
        wished={**filling.wished, **{name: text for name, text in values.items() if name in stale}},
        offered={name: options for name, options in filling.offered.items() if name not in stale},
        agreed=False,
        changing=False,
    )
