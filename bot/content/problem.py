"""A fault in a file that staff edit, in words they can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One fault: where it is, what is wrong, what to do."""

    path: Path
    line: int
    """From 1."""
    rule: str
    """Short name of the rule that found it, e.g. `duplicate-id`."""
    message: str
    remedy: str
    severity: Severity = "error"
    """An error keeps text from citizens; a warning does not."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.message} → {self.remedy}"


class ContentError(Exception):
    """A file the bot cannot do without is broken and no earlier good version is known."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` 혹시 …인가요?` when a known word is close, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" 혹시 ‘{close[0]}’인가요?" if close else ""
