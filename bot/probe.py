"""`python -m bot.probe URL`: whether a process says that it is well, for the health checks of containers.

Only the standard library, for both Pythons: it runs every few seconds beside what it asks.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

_PATIENCE = 4.0
"""Seconds."""


def main(url: str) -> int:
    """0 when the answer is 200; else 1, and what was wrong on standard error."""
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as response:  # noqa: S310 - of our own command line
            return 0 if response.status == 200 else 1
    except (OSError, ValueError) as error:
        body = error.read().decode(errors="replace") if isinstance(error, urllib.error.HTTPError) else ""
        print(f"{url}: {error} {body}".strip(), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
