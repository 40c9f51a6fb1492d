"""What may be scanned, by the kind of book, and how much of it: the law's words and the office's house rule.

Books of BPS may be scanned for non-commercial use when the source is named. Of other books a part, one copy,
for education or research; no number stands in the law, so the number is the office's. What is restricted
(micro data, embargoed or personal documents) is not scanned here at all.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field

from appliance.errors import PageLimit, ScanForbidden
from appliance.toml_model import Table
from appliance.wording import Language

BookClass = Literal["bps", "other", "restricted"]
BOOK_CLASSES: tuple[BookClass, ...] = get_args(BookClass)


class HouseRule(Table):
    """The limit for books of other publishers, in words."""

    id: Annotated[str, Field(min_length=1)] = "10 % isi buku atau satu bab"
    en: Annotated[str, Field(min_length=1)] = "10 % of the book or one chapter"

    def text(self, language: Language) -> str:
        """In one language."""
        return self.id if language == "id" else self.en


class Scanning(Table):
    """The part `[scanning]` of an office profile."""

    bps_warn_pages: Annotated[int, Field(ge=1)] = 50
    other_rule: HouseRule = HouseRule()
    other_pages: Annotated[int, Field(ge=1)] | None = 40

    def limit(self, book: BookClass) -> int | None:
        """How many pages of such a book one session may have; None: any number. Raises ScanForbidden."""
        if book == "restricted":
            raise ScanForbidden
        return self.other_pages if book == "other" else None

    def warns(self, book: BookClass, pages: int) -> bool:
        """Whether to point to the digital copy: so many pages are as good as the whole book."""
        return book == "bps" and pages > self.bps_warn_pages

    def check(self, book: BookClass, pages: int) -> None:
        """Whether one more page may be scanned. Raises ScanForbidden or PageLimit."""
        limit = self.limit(book)
        if limit is not None and pages >= limit:
            raise PageLimit(f"{pages} of {limit}")
