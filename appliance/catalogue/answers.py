"""The answers of the BPS WebAPI as values. Pure, and surprised by nothing.

The API answers in many shapes, some of them by accident: JSON with a list in a list; `data-availability` in
the body or, with status 404, as a header; an empty text where a list should be; HTML from what stands before
it; numbers as texts. What can be understood is; the rest is `OddAnswer`, never a crash.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from appliance.catalogue.errors import KeyRefused, OddAnswer, Unreachable

LONGEST_TITLE: Final = 500  # letters that are kept; titles of BPS have up to 200
LONGEST_ABSTRACT: Final = 4000
LONGEST_LINK: Final = 2000

_NOTHING: Final = ("list-not-available", "not-available")
_KEY_REFUSED: Final = (401, 403)
_TOO_MANY: Final = 429
_BROKEN: Final = 500
_TAGS: Final = re.compile(r"<[^>]*>")
_SPACES: Final = re.compile(r"\s+")
_ID: Final = re.compile(r"[0-9A-Za-z]{4,40}")
_SIZE: Final = re.compile(r"([0-9]+(?:[.,][0-9]+)?)\s*([KMG])B", re.IGNORECASE)
_UNITS: Final = {"K": 1_000, "M": 1_000_000, "G": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Publication:
    """One publication. Texts are plain; `size` is in bytes, 0 where it is not known."""

    id: str
    domain: str
    title: str
    released: date | None
    abstract: str = ""
    issn: str = ""
    cover: str = ""  # links with a token that may die: fetched anew before they are used
    pdf: str = ""
    size: int = 0

    @property
    def year(self) -> str:
        """Of the release; empty where it is not known."""
        return str(self.released.year) if self.released else ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of a list. `pages` and `total` are what the API says, which may be wrong."""

    page: int
    pages: int
    total: int
    publications: tuple[Publication, ...]


NOTHING: Final = ListPage(0, 0, 0, ())


def list_page(status: int, headers: Mapping[str, str], body: bytes, domain: str) -> ListPage:
    """A page of a list; NOTHING where the API has no (more) publications. Raises OddAnswer or KeyRefused."""
    answer = _answer(status, headers, body)
    if answer is None:
        return NOTHING
    data = answer.get("data")
    if not isinstance(data, list) or len(data) < 2 or not isinstance(data[0], dict):
        raise OddAnswer(f"data is {_shape(data)}")
    head, rows = data[0], _rows(data[1])
    found = [made for row in rows if (made := publication(row, domain)) is not None]
    if rows and not found:
        raise OddAnswer("no row of the list is a publication")
    return ListPage(
        _number(head.get("page")), _number(head.get("pages")), _number(head.get("total")), tuple(found)
    )


def detail(status: int, headers: Mapping[str, str], body: bytes, domain: str) -> Publication | None:
    """One publication; None where the API has it not (any more). Raises OddAnswer or KeyRefused."""
    answer = _answer(status, headers, body)
    if answer is None:
        return None
    data = answer.get("data")
    if isinstance(data, list):  # a list in a list here, too
        data = next((one for one in data if isinstance(one, dict) and "pub_id" in one), None)
    made = publication(data, domain) if isinstance(data, dict) else None
    if made is None:
        raise OddAnswer(f"data is {_shape(answer.get('data'))}")
    return made


def publication(row: object, domain: str) -> Publication | None:
    """A row as a publication; None for one without an id or a title."""
    if not isinstance(row, dict):
        return None
    number, title = str(row.get("pub_id") or ""), _plain(row.get("title"), LONGEST_TITLE)
    if not _ID.fullmatch(number) or not title:
        return None
    return Publication(
        id=number,
        domain=domain,
        title=title,
        released=_date(row.get("rl_date")) or _date(row.get("sch_date")) or _date(row.get("updt_date")),
        abstract=_plain(row.get("abstract"), LONGEST_ABSTRACT),
        issn=_plain(row.get("issn"), 40).strip("-"),
        cover=_link(row.get("cover")),
        pdf=_link(row.get("pdf")),
        size=size_in_bytes(row.get("size")),
    )


def size_in_bytes(text: object) -> int:
    """`13.46 MB` as a number; 0 where it says nothing."""
    found = _SIZE.search(text) if isinstance(text, str) else None
    return round(float(found[1].replace(",", ".")) * _UNITS[found[2].upper()]) if found else 0


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> Mapping[str, Any] | None:
    """The JSON object of an answer; None where it says that there is nothing."""
    by_name = {name.lower(): value for name, value in headers.items()}
    if by_name.get("data-availability") in _NOTHING:
        return None
    answer = _json_object(status, body)
    if answer.get("data-availability") in _NOTHING:
        return None
    if str(answer.get("status", "")).lower() == "error":
        message = _plain(answer.get("message"), 100)
        raise KeyRefused(message) if "key" in message.lower() else OddAnswer(f"error: {message}")
    if status != 200:
        raise OddAnswer(f"status {status}")
    return answer


def _json_object(status: int, body: bytes) -> Mapping[str, Any]:
    if status in _KEY_REFUSED:
        raise KeyRefused(f"status {status}")
    if status == _TOO_MANY or status >= _BROKEN:
        raise Unreachable(f"status {status}")
    try:
        answer = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise OddAnswer(f"status {status}, {_kind(body)}") from None
    if not isinstance(answer, dict):
        raise OddAnswer(f"status {status}, JSON that is {_shape(answer)}")
    return answer


def _rows(data: object) -> list[object]:
    if isinstance(data, list):
        return [one for part in data for one in (part if isinstance(part, list) else [part])]
    if data in ("", None):
        return []
    raise OddAnswer(f"the list is {_shape(data)}")


def _kind(body: bytes) -> str:
    if not body.strip():
        return "an empty answer"
    return "HTML" if b"<" in body[:200] else "no JSON"


def _shape(value: object) -> str:
    return "an empty text" if value == "" else type(value).__name__


def _plain(value: object, longest: int) -> str:
    if not isinstance(value, str | int | float):
        return ""
    text = _TAGS.sub(" ", html.unescape(str(value)[: longest * 4]))
    return _SPACES.sub(" ", "".join(sign if sign.isprintable() else " " for sign in text)).strip()[:longest]


def _link(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if text.startswith(("https://", "http://")) and len(text) <= LONGEST_LINK else ""


def _number(value: object) -> int:
    try:
        return max(0, int(str(value)))
    except ValueError:
        return 0


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
