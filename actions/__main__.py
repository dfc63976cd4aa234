"""`python -m actions --port N`: serve the actions to Rasa on this machine."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging

from sanic import Sanic

from actions.app import build, server
from bot.releases.starting import start_live
from bot.settings import Settings


def main() -> None:
    """Read the settings and the command line, load the answers, serve until interrupted."""
    settings = Settings()
    parser = argparse.ArgumentParser(prog="python -m actions", description=__doc__)
    parser.add_argument("--port", type=int, default=settings.actions_port)
    args = parser.parse_args()
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")

    asyncio.run(start_live(settings))
    app = server(build(settings))
    gc.collect()
    gc.freeze()  # the index is here to stay: collecting garbage need not look at it
    app.prepare(host="127.0.0.1", port=args.port, single_process=True, motd=False, access_log=False)
    Sanic.serve_single(app)


if __name__ == "__main__":
    main()
