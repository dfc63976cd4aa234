"""Which of Rasa's routes are open: those that load or test a model file of the caller's choice are not."""

from __future__ import annotations

from typing import Optional

from rasa.server import ErrorResponse
from sanic import HTTPResponse, Request, Sanic

_MODELS = "model"
"""Below this Rasa trains, tests, replaces and removes models (https://rasa.com/docs/rasa/pages/http-api)."""
_PARSE = "model/parse"


def close_models(app: Sanic) -> None:
    """Answer 404 below `/model`, with a token or without, but where a sentence is understood.

    Models come from our own trainer and by a swap (`bot.nlu.fleet`); whatever these routes load has not been
    checked (`bot.nlu.signature`).
    """

    async def close(request: Request) -> Optional[HTTPResponse]:
        path = request.route.path if request.route else ""
        if path.split("/")[0] == _MODELS and path != _PARSE:
            raise ErrorResponse(404, "NotFound", "this server loads models of its own trainer only")
        return None

    app.register_middleware(close, "request")
