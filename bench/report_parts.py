"""What the parts of the benchmarks' report share."""

from __future__ import annotations


def met(reached: bool) -> str:
    """Whether a target was reached, in words."""
    return "이뤘어요" if reached else "아직이에요"


def how(facts: dict[str, str] | None) -> str:
    """Where the figures of a section come from."""
    facts = facts or {}
    return " · ".join(facts[key] for key in ("at", "machine", "command") if key in facts)
