"""Pages as people write them: `12-18, 25`. Pure.

Read are numbers and ranges, separated by commas, semicolons or spaces, with any kind of dash, or `s.d.` and
`sampai` as Indonesian has it. Overlaps are counted once. Written they are in one form, sorted: `12-18, 25`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from appliance.errors import Message

LAST_PAGE: Final = 9999
LONGEST_TEXT: Final = 200  # letters; more ranges than that are no form for a photocopy

_TO: Final = re.compile(
    r"\s*(?:[-\u2010-\u2015\u2212]|s\s*\.?\s*/?\s*d\.?|sampai|hingga|to)\s*", re.IGNORECASE
)
_BETWEEN: Final = re.compile(r"(?:[,;&\s]|\b(?:dan|and)\b)+", re.IGNORECASE)
_NAMES: Final = re.compile(r"\b(?:halaman|hal|hlm|pages?|pp?)\b\.?", re.IGNORECASE)
_ONE: Final = re.compile(r"([0-9]{1,6})(?:~([0-9]{1,6}))?")


class BadPages(ValueError):
    """The text names no pages; `message` is for the visitor."""

    def __init__(self, message: Message) -> None:
        self.message = message
        super().__init__(message.key)


@dataclass(frozen=True, slots=True)
class Pages:
    """Some pages of a book: ranges that do not touch, in their order, both ends included."""

    ranges: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """How many pages these are."""
        return sum(last - first + 1 for first, last in self.ranges)

    def __str__(self) -> str:
        return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in self.ranges)


def parse(text: str, most: int) -> Pages:
    """The pages of a text, at most `most` of them. Raises BadPages."""
    if len(text) > LONGEST_TEXT:
        raise BadPages(Message("photocopy.err.pages_long"))
    plain = _NAMES.sub(" ", text)
    parts = [part for part in _BETWEEN.split(_TO.sub("~", plain).strip()) if part]
    if not parts:
        raise BadPages(Message("photocopy.err.pages_needed"))
    pages = Pages(_joined(sorted(_range(part) for part in parts)))
    if pages.count > most:
        raise BadPages(Message("photocopy.err.pages_many", {"n": most}))
    return pages


def _range(part: str) -> tuple[int, int]:
    found = _ONE.fullmatch(part)
    if found is None:
        raise BadPages(Message("photocopy.err.pages", {"part": part.replace("~", "-")[:20]}))
    first = int(found[1])
    last = int(found[2]) if found[2] else first
    if not 1 <= min(first, last) <= max(first, last) <= LAST_PAGE:
        raise BadPages(Message("photocopy.err.pages_range", {"n": LAST_PAGE}))
    if last < first:
        raise BadPages(Message("photocopy.err.pages_order", {"first": first, "last": last}))
    return first, last


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sorted ranges, those that overlap or touch as one."""
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)
