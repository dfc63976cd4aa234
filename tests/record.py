"""`python -m tests.record <channel> [case…]`: writes the `.out.json` of recordings as the code has them now.

Without cases all are written. Read what it changed (`git diff tests/wire`) before you keep it: from then on
it is what `test_wire.py` wants.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

from tests.all_channels import channels
from tests.test_wire import OFFLINE, OUTBOUND, RECORDED, WIRE, absent, outcome, said


def record(folder: Path, name: str, only: Iterable[str] = ()) -> list[Path]:
    """Write the outcomes of a channel's cases below `folder`; the files whose content is new.

    Raises `KeyError` for a case that is neither there nor a message of `outbound.json`.
    """
    channel = channels(None, lambda: RECORDED)[name]  # type: ignore[arg-type]
    requests = {path.name.removesuffix(".in.json"): path for path in (folder / name).glob("*.in.json")}
    wanted = set(only) or {*requests, *OUTBOUND} - set(absent(name))
    changed = []
    for case in sorted(wanted):
        if case in OUTBOUND:
            result = said(channel, OUTBOUND[case])
        else:
            result = outcome(channel, json.loads(requests[case].read_text("utf-8")))
        path = folder / name / f"{case}.out.json"
        text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.record", description=__doc__)
    parser.add_argument("channel", choices=OFFLINE)
    parser.add_argument("case", nargs="*")
    given = parser.parse_args()
    for path in record(WIRE, given.channel, given.case):
        print(path)


if __name__ == "__main__":
    main()
