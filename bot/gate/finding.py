"""What the gate finds and what it decides, in a form that survives JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.content.problem import Problem, Severity


@dataclass(frozen=True)
class Finding:
    """One fault: `bot.content.problem.Problem` with its path from the content's root, and more to tell."""

    rule: str
    severity: Severity
    """An error blocks; a warning is shown."""
    path: str
    """From the folder that holds `data`, e.g. `data/answers/tax.yml`."""
    line: int
    """From 1."""
    message: str
    remedy: str
    item: str = ""
    """What staff edit to mend it: `answer:<id>` or `file:<path>`."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """By rule, e.g. both sides of a collision."""


@dataclass(frozen=True)
class Verdict:
    """What became of one look."""

    problems: tuple[Finding, ...]
    """Errors first, then by path and line."""
    golden: Mapping[str, Any] | None = None
    """`bot.gate.golden_run.GoldenReport` as JSON; None when no question was asked."""
    intents: Mapping[str, Any] | None = None
    """`bot.gate.intents.IntentReport` as JSON; None when what is learned did not change."""
    changed: tuple[str, ...] = ()
    """Items that differ from the release looked at against."""

    @property
    def blocked(self) -> bool:
        """Whether anything keeps this from being published."""
        return any(finding.severity == "error" for finding in self.problems)

    def as_json(self) -> dict[str, Any]:
        """`{blocked, problems, golden, intents, changed}` of plain values."""
        return {
            "blocked": self.blocked,
            "problems": [asdict(finding) for finding in self.problems],
            "golden": self.golden,
            "intents": self.intents,
            "changed": list(self.changed),
        }

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> Verdict:
        """What `as_json` gave. Raises KeyError and TypeError for anything else."""
        return cls(
            tuple(Finding(**finding) for finding in read["problems"]),
            read["golden"],
            read["intents"],
            tuple(read["changed"]),
        )


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors first, then by path, line and rule."""
    return tuple(
        sorted(findings, key=lambda one: (one.severity != "error", one.path, one.line, one.rule, one.message))
    )


def from_problem(problem: Problem, shown: str, item: str = "") -> Finding:
    """A fault of the content check; `shown` is its path as it is told."""
    return Finding(
        rule=problem.rule,
        severity=problem.severity,
        path=shown,
        line=problem.line,
        message=problem.message,
        remedy=problem.remedy,
        item=item or f"file:{shown}",
    )
