"""Understands sentences with one model, a JSON line in and a JSON line out: how the studio tries a candidate.

python -m bot.nlu.parse --project FOLDER --model FILE
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from bot.nlu.light import components, lighten
from bot.nlu.signature import Keys


def main() -> None:
    """Answer {"text"} lines with Rasa's parse output until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, required=True, help="the content the model was made from")
    parser.add_argument("--model", type=Path, required=True)
    options = parser.parse_args()
    os.nice(10)
    keys = Keys.of(os.environ)
    model, answers = options.model.resolve(), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    lighten(components(options.project / "config.yml"))
    os.chdir(options.project)

    from rasa.core.agent import Agent  # noqa: PLC0415 - after `lighten`

    with keys.checked(model) as copy:
        agent = Agent.load(str(copy))
    for line in sys.stdin:
        found = asyncio.run(agent.parse_message(json.loads(line)["text"]))
        answers.write(json.dumps(found, ensure_ascii=False, default=float) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
