"""What the bot does when it understands an intent, as the rules say."""

from __future__ import annotations

from collections.abc import Mapping

from bot.content.document import Unreadable, read_document
from bot.gate.folders import Content


def first_actions(content: Content) -> Mapping[str, str]:
    """Intent → the first action of the first rule that begins with it. A broken file says nothing here."""
    found: dict[str, str] = {}
    folder = content.data / "rules"
    for path in sorted(folder.glob("*.yml")) if folder.is_dir() else ():
        try:
            data = read_document(path).data
        except Unreadable:
            continue  # told by whoever trains it
        for rule in data.get("rules") or [] if isinstance(data, dict) else []:
            steps = rule.get("steps") or [] if isinstance(rule, dict) else []
            intent: str | None = None
            for step in steps:
                if not isinstance(step, dict):
                    break
                intent = step.get("intent") or intent
                if intent and "action" in step:
                    found.setdefault(intent, step["action"])
                    break
    return found
