"""`python -m demo.city_api --port N`: serve the demo city's API on this machine."""

from __future__ import annotations

import argparse
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from demo.city_api.app import FAULTS, Faults, create_app
from demo.city_api.seed import load


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.city_api", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--key", default="demo-key", help="what the header X-Api-Key must hold")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds to wait before each answer")
    parser.add_argument("--fail", choices=FAULTS, help="answer wrongly, for tests")
    args = parser.parse_args()

    zone = ZoneInfo("Asia/Seoul")
    faults = Faults(delay=args.delay, fail=args.fail)
    app = create_app(load(), args.key, lambda: datetime.now(zone).date(), faults)
    web.run_app(app, host=args.host, port=args.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
