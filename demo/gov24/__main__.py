"""`python -m demo.gov24 --port N`: serve the fake of the public services' API on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path

from aiohttp import web

from demo.gov24.app import FAULTS, Faults, create_app
from demo.gov24.old import read_old
from demo.gov24.seed import catalogue, load


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.gov24", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default="demo-key", help="what serviceKey must be, decoded")
    parser.add_argument("--load", type=Path, nargs="+", default=[], help="JSONL files to serve instead")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds to wait before each answer")
    parser.add_argument("--fail", choices=FAULTS, help="answer wrongly, for tests")
    parser.add_argument("--after", type=int, default=0, help="answers before --fail begins")
    parser.add_argument("--daily", type=int, help="calls a day")
    args = parser.parse_args()

    services = catalogue(read_old(args.load)) if args.load else load()
    faults = Faults(delay=args.delay, fail=args.fail, after=args.after, daily=args.daily)
    app = create_app(services, args.key, faults)
    web.run_app(app, host=args.host, port=args.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
