"""Character n-grams as numbers: up to four letters fit into 64 bits, so nothing is hashed or looked up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Units = npt.NDArray[np.uint16]
LONGEST = 4
_SPACE = 0x20


def units(text: str) -> Units:
    """Its UTF-16 units."""
    return np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16)


def grams(text: str, shortest: int, longest: int) -> Keys:
    """Every stretch of `shortest` to `longest` (at most 4) UTF-16 units without a space, repeats included."""
    codes = units(text).astype(np.uint64)
    blank = codes == _SPACE
    found = []
    key, broken = codes, blank
    for length in range(1, longest + 1):
        if length > 1:
            key = (key[:-1] << np.uint64(16)) | codes[length - 1 :]
            broken = broken[:-1] | blank[length - 1 :]
        if length >= shortest:
            found.append(key[~broken])
        if len(key) <= 1:
            break
    return np.concatenate(found) if found else np.zeros(0, np.uint64)


def asked_grams(
    codes: Units, asked: Units, shortest: int, longest: int
) -> Iterator[tuple[npt.NDArray[np.int64], Keys]]:
    """The n-grams of `codes` (2 at least) whose every letter is among `asked`: for each length where they
    begin, and their keys.
    """
    wanted = np.zeros(1 << 16, bool)
    wanted[asked] = True
    inside = wanted[codes]
    at = np.flatnonzero(inside)
    keys = codes[at].astype(np.uint64)
    for length in range(2, longest + 1):
        next_ = at + length - 1
        goes_on = inside.take(next_, mode="clip") & (next_ < len(codes))
        at, next_ = at[goes_on], next_[goes_on]
        keys = (keys[goes_on] << np.uint64(16)) | codes[next_]
        if length >= shortest:
            yield at, keys
