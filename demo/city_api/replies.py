"""Errors in the form that `openapi.yml` promises."""

from __future__ import annotations

from aiohttp import web


def problem(status: int, error: str, message: str, parameter: str | None = None) -> web.Response:
    """An error."""
    return web.json_response({"error": error, "message": message, "parameter": parameter}, status=status)


def bad_request(parameter: str, message: str) -> web.Response:
    """400 that names the parameter at fault."""
    return problem(400, "bad_request", message, parameter)
