"""What is typed into a command, line by line, without a thread that would outlive it."""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
from collections.abc import AsyncIterator

_MOST = 65536
"""Bytes read at once."""


async def typed_lines() -> AsyncIterator[str]:
    """Lines of standard input without their ends, until its end; the loop runs on between them."""
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    async for given in _typed_bytes(sys.stdin.fileno()):
        *lines, rest = (rest + decoder.decode(given)).split("\n")
        for line in lines:
            yield line
    if rest:
        yield rest


async def _typed_bytes(stdin: int) -> AsyncIterator[bytes]:
    loop, came = asyncio.get_running_loop(), asyncio.Queue[bytes]()
    try:
        loop.add_reader(stdin, lambda: came.put_nowait(os.read(stdin, _MOST)))
    except PermissionError:  # a file: there is nothing to wait for
        while given := os.read(stdin, _MOST):
            yield given
        return
    try:
        while given := await came.get():
            yield given
    finally:
        loop.remove_reader(stdin)
