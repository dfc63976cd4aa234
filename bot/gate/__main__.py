"""One look in a process of its own: `python -m bot.gate CANDIDATE [AGAINST]`, settings from the environment.

Writes a line of JSON for every step, {"what", "share"}, and at last {"verdict"}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from bot.gate.gate import judge
from bot.settings import Settings

_NICE = 5
"""Citizens come first."""


def main() -> None:
    """Judge and write."""
    os.nice(_NICE)
    candidate, *against = map(Path, sys.argv[1:])

    def tell(what: str, share: float) -> None:
        _write({"what": what, "share": round(share, 3)})

    verdict = judge(candidate, against[0] if against else None, settings=Settings(), progress=tell)
    _write({"verdict": verdict.as_json()})


def _write(line: object) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
