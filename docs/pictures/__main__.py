"""Draws the pictures of docs/architecture.md and docs/tour.md: `make pictures`."""

from __future__ import annotations

from docs.pictures import packages, tables, way
from docs.pictures.svg import IMAGES

PICTURES = {
    "packages.svg": packages.picture,
    "way.svg": way.picture,
    "tables.svg": tables.picture,
}
"""Each is made of the code as it is; `tests/test_pictures.py` says when one is out of date."""

if __name__ == "__main__":
    for name, picture in PICTURES.items():
        (IMAGES / name).write_text(picture(), encoding="utf-8")
        print(IMAGES / name)
