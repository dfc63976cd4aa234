"""`python -m actions --port N`: serve the actions to Rasa on this machine."""

from __future__ import annotations

import argparse
import asyncio
import gc

from sanic import Sanic

from actions.app import build, server
from bot.cli.stack import rasa_token
from bot.releases.starting import start_live
from bot.settings import Settings
from bot.telemetry.logs import set_up_logging


def main() -> None:
    """Read the settings and the command line, load the answers, serve until interrupted."""
    settings = Settings()
    parser = argparse.ArgumentParser(prog="python -m actions", description=__doc__)
    parser.add_argument("--port", type=int, default=settings.actions_port)
    args = parser.parse_args()
    set_up_logging("actions", settings.log_level)

    asyncio.run(start_live(settings))
    app = server(build(settings), rasa_token(settings), args.port)
    gc.collect()
    gc.freeze()  # the index is here to stay: collecting garbage need not look at it
    app.prepare(host=settings.actions_host, port=args.port, single_process=True, motd=False, access_log=False)
    Sanic.serve_single(app)


if __name__ == "__main__":
    main()
