"""Keeps the searchable form of answers in a file, so that a start with thousands of answers takes a second.

One file for each encoder, read by mapping it into memory. It may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import struct
import zlib
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from bot.retrieval.segment import Segment

log = logging.getLogger(__name__)

_FORM = 5
"""Raise it when `Segment` or the way it is computed changes."""
_MAGIC = b"sotong index\0\0\0\0"
_HEAD = struct.Struct("<16sIIQ")
"""Magic, checksum of all that follows the head, length of the table of arrays, length of the file."""
_ALIGNED = 64
_PIECE = 1 << 22


class Store:
    """The file of one encoder in `folder`."""

    def __init__(self, folder: Path, encoder_name: str) -> None:
        self._made_by = f"{_FORM}:{encoder_name}"
        mark = hashlib.sha256(encoder_name.encode()).hexdigest()[:12]
        self.path = folder / f"answers-{mark}.index"

    def read(self) -> list[Segment]:
        """What was saved; a file that cannot be used is reported and removed."""
        try:
            return self._read()
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
            log.warning("%s cannot be read (%s): answers are prepared anew", self.path, error)
            self.path.unlink(missing_ok=True)
            return []

    def save(self, segments: Sequence[Segment]) -> list[Segment]:
        """Write these; a reader sees the old file or the new one, never half. Returns them as mapped."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        table: list[dict[str, Any]] = []
        start = 0
        for segment in segments:
            entry = {}
            for name, array in segment.arrays().items():
                entry[name] = [array.dtype.str, list(array.shape), start]
                start += -(-array.nbytes // _ALIGNED) * _ALIGNED
            table.append(entry)
        head = json.dumps({"made_by": self._made_by, "segments": table}).encode()
        head += b" " * (-(_HEAD.size + len(head)) % _ALIGNED)
        unfinished = self.path.with_name(f"{self.path.stem}.{os.getpid()}.unfinished")
        with unfinished.open("w+b") as file:
            file.write(bytes(_HEAD.size) + head)
            for segment in segments:
                for array in segment.arrays().values():
                    file.write(np.ascontiguousarray(array).data)
                    file.write(bytes(-array.nbytes % _ALIGNED))
            size = file.tell()
            checksum = _checksum(file)
            file.seek(0)
            file.write(_HEAD.pack(_MAGIC, checksum, len(head), size))
        unfinished.replace(self.path)
        return self._read()

    def _read(self) -> list[Segment]:
        with self.path.open("rb") as file:
            magic, checksum, length, size = _HEAD.unpack(file.read(_HEAD.size))
            if magic != _MAGIC or size != self.path.stat().st_size or checksum != _checksum(file):
                raise ValueError("no index, or a damaged one")
            file.seek(_HEAD.size)
            table = json.loads(file.read(length))
        if table["made_by"] != self._made_by:
            raise ValueError(f"made by {table['made_by']}, not {self._made_by}")
        whole = np.memmap(self.path, np.uint8, mode="r", offset=0)
        start = _HEAD.size + length
        names = [field.name for field in fields(Segment)]
        return [
            Segment(**{name: _view(whole, start, *entry[name]) for name in names})
            for entry in table["segments"]
        ]


def _view(whole: npt.NDArray[np.uint8], start: int, kind: str, shape: list[int], at: int) -> npt.NDArray[Any]:
    dtype = np.dtype(kind)
    size = int(np.prod(shape)) * dtype.itemsize
    return whole[start + at : start + at + size].view(np.ndarray).view(dtype).reshape(shape)


def _checksum(file: BinaryIO) -> int:
    file.seek(_HEAD.size)
    found = 0
    while piece := file.read(_PIECE):
        found = zlib.crc32(piece, found)
    return found
