"""Where something is: coordinates in an address of a map, words for a place in a sentence.

Map addresses are read, never fetched. Forms as maps make them: KakaoMap (`/link/map/이름,위도,경도`,
https://apis.map.kakao.com/web/guide/#routeurl), NAVER Map (`nmap://…?lat=&lng=`,
https://guide.ncloud-docs.com/docs/maps-url-scheme, and web addresses whose `c=` is Web Mercator), Google Maps
(`?api=1&query=`, `/@위도,경도`, https://developers.google.com/maps/documentation/urls), `geo:` (RFC 5870).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

_LINK = re.compile(r"(?:https?|nmap|kakaomap|geo):[^\s<>\"']+", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w.@/])(?:map\.kakao\.com|map\.naver\.com|maps\.app\.goo\.gl|naver\.me|kko\.to)/[^\s<>\"']+"
)
_HOSTS = (
    *("map.kakao.com", "place.map.kakao.com", "m.map.kakao.com", "kko.to", "kko.kakao.com"),
    *("map.naver.com", "m.map.naver.com", "naver.me", "m.place.naver.com"),
    *("google.com", "www.google.com", "maps.google.com", "google.co.kr", "www.google.co.kr", "goo.gl"),
    *("maps.app.goo.gl", "maps.apple.com"),
)
_PAIR = re.compile(r"(-?\d{1,9}(?:\.\d{1,12})?),\s*(-?\d{1,9}(?:\.\d{1,12})?)")
_PLACED = re.compile(r"!3d(-?\d{1,3}\.\d{1,12})!4d(-?\d{1,3}\.\d{1,12})")
_EARTH = 6378137.0
"""Radius in metres of Web Mercator (EPSG:3857)."""
_KOREA = (32.5, 124.0, 39.0, 132.5)
"""South, west, north and east of the country."""
_LONGEST = 4000
"""Characters of a message in which addresses are looked for."""


@dataclass(frozen=True)
class Point:
    """WGS 84, in degrees."""

    latitude: float
    longitude: float

    @property
    def in_korea(self) -> bool:
        """Whether it lies in Korea, roughly."""
        south, west, north, east = _KOREA
        return south <= self.latitude <= north and west <= self.longitude <= east


@dataclass(frozen=True)
class MapLink:
    """An address of a map; a short one does not say where it leads."""

    url: str
    point: Point | None


def map_link(text: str) -> MapLink | None:
    """The first address of a known map in a text. Never raises."""
    found = [match[0].rstrip(").,!?’”」") for match in _LINK.finditer(text[:_LONGEST])]
    found += [f"https://{match[0]}" for match in _BARE.finditer(text[:_LONGEST])]
    links = [MapLink(url, _point(url)) for url in found if _is_map(url)]
    return next((link for link in links if link.point), links[0] if links else None)


def _is_map(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.scheme.lower() in ("nmap", "kakaomap", "geo"):
        return True
    return host in _HOSTS and (not host.endswith(("google.com", "google.co.kr", "goo.gl")) or "map" in url)


def _point(url: str) -> Point | None:
    """The place an address names; None when it names none, or one outside Korea."""
    places = (_as_point(first, second) for first, second in _pairs(url))
    return next((place for place in places if place and place.in_korea), None)


def _pairs(url: str) -> Iterator[tuple[float, float]]:
    """Pairs of numbers in an address that may be coordinates, the likeliest first."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    path = unquote(parts.path)
    if placed := _PLACED.search(path):
        yield float(placed[1]), float(placed[2])
    for one, other in (("lat", "lng"), ("lat", "lon"), ("dlat", "dlng"), ("latitude", "longitude")):
        if pair := _PAIR.fullmatch(f"{query.get(one, '')},{query.get(other, '')}"):
            yield float(pair[1]), float(pair[2])
    named = [query[key] for key in ("query", "q", "p", "ll", "destination", "center", "c") if key in query]
    for text in (*named, path, unquote(parts.fragment)):
        for pair in _PAIR.finditer(text):
            yield float(pair[1]), float(pair[2])


def _as_point(first: float, second: float) -> Point | None:
    """Two numbers as a place: latitude and longitude, the other way round, or Web Mercator's metres."""
    if abs(first) > 180 and abs(second) > 180:
        north = math.degrees(2 * math.atan(math.exp(min(second / _EARTH, 10))) - math.pi / 2)
        return Point(round(north, 6), round(math.degrees(first / _EARTH), 6))
    if abs(first) > 90:
        first, second = second, first
    return Point(first, second) if abs(first) <= 90 and abs(second) <= 180 else None
