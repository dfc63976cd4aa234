"""Character n-grams as numbers: up to four letters fit into 64 bits, so nothing is hashed or looked up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
LONGEST = 4
_SPACE = 0x20


def grams(text: str, shortest: int, longest: int) -> Keys:
    """Every stretch of `shortest` to `longest` (at most 4) UTF-16 units without a space, repeats included."""
    codes = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), np.uint16).astype(np.uint64)
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


def spelled(keys: Keys) -> list[str]:
    """The letters behind n-grams."""
    units = keys.astype(">u8").tobytes()
    return [
        units[at : at + 8].decode("utf-16-be", "surrogatepass").lstrip("\0") for at in range(0, len(units), 8)
    ]
