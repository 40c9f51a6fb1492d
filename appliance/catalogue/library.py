"""The digital library of one front desk: what the pages ask, and what the duty has to bring.

No page waits for the network: a page reads the copy and the files that are here, and asks for what is
missing; the duty brings it, and rings.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from appliance.catalogue import search, shelf
from appliance.catalogue.answers import Publication
from appliance.catalogue.files import Files
from appliance.catalogue.search import NOTHING_FOUND, Found
from appliance.catalogue.settings import Catalogue, DigitalLibrary
from appliance.catalogue.shelf import Shelf
from appliance.changes import Changes

Wish = Literal["cover", "text"]

FOLDER: Final = "catalogue"
MOST_WISHES: Final = 60  # the oldest are forgotten: nobody waits for them any more
_SLUG: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the copy is."""

    made: datetime | None  # None: there is none yet
    count: int
    trouble: str | None  # code of what went wrong last
    detail: str
    running: str  # where a sync is: "0000, page 12"; empty while none runs
    has_key: bool


class Library:
    """Shared by pages and duty; safe between threads."""

    def __init__(
        self, settings: Catalogue, profile: DigitalLibrary, folder: Path, changes: Changes, *, has_key: bool
    ) -> None:
        self.settings = settings
        self.profile = profile
        self.shelf = Shelf(folder / FOLDER)
        self.files = Files(
            folder / FOLDER,
            cache_bytes=settings.cache_mb * 1_000_000,
            keep_s=settings.keep.total_seconds(),
        )
        self.has_key = has_key
        self._changes = changes
        self._lock = threading.Lock()
        self._vocabulary: tuple[datetime | None, list[str]] = (None, [])
        self._wishes: OrderedDict[tuple[Wish, str], None] = OrderedDict()
        self._failed: dict[tuple[Wish, str], str] = {}
        self._trouble: tuple[str, str] | None = None
        self._running = ""
        self._sync_asked = False

    # ------------------------------------------------------------------------------------ the pages

    def search(self, text: str, domain: str | None = None) -> Found:
        """What the copy has for a question; nothing while there is no copy."""
        try:
            with self.shelf.reading() as db:
                return search.search(db, self._words(db), text, domain=domain)
        except sqlite3.Error:
            return NOTHING_FOUND

    def publication(self, number: str) -> Publication | None:
        """The publication of this id, where the copy has it."""
        try:
            with self.shelf.reading() as db:
                return shelf.one(db, number)
        except sqlite3.Error:
            return None

    def standing(self) -> Standing:
        """How the copy is."""
        made, count = None, 0
        try:
            with self.shelf.reading() as db:
                made, count = shelf.made_at(db), shelf.count(db)
        except sqlite3.Error:
            pass  # no copy yet
        with self._lock:
            trouble, detail = self._trouble or (None, "")
            return Standing(made, count, trouble, detail, self._running, self.has_key)

    def public_url(self, publication: Publication) -> str:
        """The page of a publication on its domain's site: short enough for a QR code, and good for years."""
        site = f"https://{self.profile.site_of(publication.domain)}"
        if publication.released is None:
            return f"{site}/id/publication"
        day = publication.released.strftime("%Y/%m/%d")
        return f"{site}/id/publication/{day}/{publication.id}/{slug(publication.title)}.html"

    def wish(self, kind: Wish, number: str) -> None:
        """Ask for a cover or a text that is not here; the duty brings it. What failed is asked for anew."""
        if not self.has_key:
            return
        with self._lock:
            if kind == "cover" and (kind, number) in self._failed:
                return  # a page of results asks again and again
            self._failed.pop((kind, number), None)
            self._wishes[kind, number] = None
            self._wishes.move_to_end((kind, number), last=False)
            while len(self._wishes) > MOST_WISHES:
                self._wishes.popitem()
        self._changes.ring()

    def is_wished(self, number: str) -> bool:
        """Whether the text of this publication is on its way."""
        with self._lock:
            return ("text", number) in self._wishes

    def why_not(self, number: str) -> str | None:
        """The code of what kept the text of this publication from coming; None where nothing did."""
        with self._lock:
            return self._failed.get(("text", number))

    def ask_sync(self) -> None:
        """Make the copy anew now."""
        with self._lock:
            self._sync_asked = True
        self._changes.ring()

    def _words(self, db: sqlite3.Connection) -> list[str]:
        """The vocabulary of the copy, read once for each copy."""
        made = shelf.made_at(db)
        with self._lock:
            if self._vocabulary[0] != made:
                self._vocabulary = (made, search.vocabulary_of(db))
            return self._vocabulary[1]

    # ------------------------------------------------------------------------------------ the duty

    def next_wish(self) -> tuple[Wish, str] | None:
        """What a page waits for: a text first, then the newest."""
        with self._lock:
            newest = next(iter(self._wishes), None)
            return next((wish for wish in self._wishes if wish[0] == "text"), newest)

    def settled(self, wish: tuple[Wish, str], problem: str | None = None) -> None:
        """A wish is met, or (its code) will not be."""
        with self._lock:
            self._wishes.pop(wish, None)
            if problem is not None:
                self._failed[wish] = problem
                while len(self._failed) > MOST_WISHES:
                    self._failed.pop(next(iter(self._failed)))
        self._changes.ring()

    def take_sync_asked(self) -> bool:
        """Whether somebody asked for a sync since the last look."""
        with self._lock:
            asked, self._sync_asked = self._sync_asked, False
            return asked

    def runs(self, where: str) -> None:
        """Where a sync is; empty when it has ended."""
        with self._lock:
            self._running = where
        self._changes.ring()

    def has_trouble(self, code: str | None, detail: str = "") -> None:
        """What went wrong with the last sync; None when nothing did."""
        with self._lock:
            self._trouble = (code, detail) if code else None
        self._changes.ring()


def slug(title: str) -> str:
    """A title as it stands in the address of its page: small letters and hyphens."""
    plain = unicodedata.normalize("NFKD", title.casefold())
    return _SLUG.sub("-", plain.encode("ascii", "ignore").decode("ascii")).strip("-")[:120] or "publikasi"
