"""`python -m demo.identity --port N`: an OpenID provider with invented citizens, on this machine only."""

from __future__ import annotations

import argparse
import time

from aiohttp import web

from demo.identity.app import create_app
from demo.identity.provider import CITIZENS, Registered


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m demo.identity", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--client", default="sotong", help="client id")
    parser.add_argument("--secret", default="demo-secret", help="client secret")
    parser.add_argument("--redirect", required=True, help="address that browsers are sent back to")
    args = parser.parse_args()

    client = Registered(args.client, args.secret, args.redirect)
    app = create_app(f"http://127.0.0.1:{args.port}", client, CITIZENS, time.time)
    web.run_app(app, host="127.0.0.1", port=args.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
