"""Makes the copy of the catalogue at night, and brings covers and texts that somebody waits for.

Nobody waits for it. Where the API is away or answers nonsense the copy that is there stays, the desk page
says so, and it is tried again an hour later.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from appliance.catalogue import shelf
from appliance.catalogue.answers import Publication
from appliance.catalogue.client import WebApi
from appliance.catalogue.errors import CatalogueBusy, CatalogueError, OddAnswer, TooLarge
from appliance.catalogue.files import LARGEST_COVER
from appliance.catalogue.library import Library, Wish
from appliance.catalogue.sync import sync
from appliance.front_desk import FrontDesk

log = logging.getLogger(__name__)

_REST_S: Final = 1.0
_AGAIN_S: Final = 3600.0
_MOST_AGE: Final = timedelta(hours=20)  # an older copy is made anew at night


class CatalogueDuty:
    """The only one that speaks to the API."""

    def __init__(self, desk: FrontDesk, library: Library, api: Callable[[], WebApi]) -> None:
        self._desk = desk
        self._library = library
        self._make_api = api
        self._api: WebApi | None = None
        self._not_before = 0.0

    def step(self) -> None:
        """Bring one thing that somebody waits for, or make the copy when it is due, or wait."""
        heard = self._desk.changes.count  # before looking: what comes after it is heard
        wish = self._library.next_wish()
        if wish is not None:
            self._meet(wish)
        elif self._is_due():
            self._sync()
        else:
            self._desk.changes.wait(heard, _REST_S)

    def end(self) -> None:
        """Cut short what is under way."""
        if self._api is not None:
            self._api.stop()

    def _ready(self) -> WebApi:
        if self._api is None:
            self._api = self._make_api()
        return self._api

    # ------------------------------------------------------------------------------------ the copy

    def _is_due(self) -> bool:
        if self._library.take_sync_asked():
            return True
        if time.monotonic() < self._not_before:
            return False
        now = self._desk.clock.now().wall
        made = self._library.standing().made
        if made is None:
            return True  # the first copy: at once
        at_night = now.astimezone(self._desk.office.zone).hour >= self._library.settings.hour
        return at_night and now - made > _MOST_AGE

    def _sync(self) -> None:
        self._not_before = time.monotonic() + _AGAIN_S
        domains = [domain.id for domain in self._library.profile.domains]
        had_trouble = self._library.standing().trouble
        try:
            with self._library.shelf.writing() as writer:
                count = sync(
                    writer,
                    self._ready(),
                    domains,
                    lambda: self._desk.clock.now().wall,
                    lambda domain, page: self._library.runs(f"{domain}/{page}"),
                )
        except CatalogueBusy as busy:
            log.debug("catalogue: %s", busy)
        except (CatalogueError, sqlite3.Error, OSError) as error:
            code = error.code if isinstance(error, CatalogueError) else CatalogueError.code
            self._library.has_trouble(code, str(error))
            if had_trouble is None:  # once for each outage
                log.warning("the catalogue could not be copied: %s", error)
        else:
            self._library.has_trouble(None)
            log.info("the catalogue was copied: %d publications", count)
        finally:
            self._library.runs("")
        self._library.files.tidy()

    # ------------------------------------------------------------------------------------ covers and texts

    def _meet(self, wish: tuple[Wish, str]) -> None:
        kind, number = wish
        problem: str | None = None
        try:
            self._bring(kind, number)
        except CatalogueError as error:
            problem = error.code
            log.debug("%s %s: %s", kind, number, error)
        except (sqlite3.Error, OSError) as error:
            problem = CatalogueError.code
            log.debug("%s %s: %s", kind, number, error)
        self._library.settled(wish, problem)

    def _bring(self, kind: Wish, number: str) -> None:
        known = self._known(number)
        # The links of the list die after a while: those of the detail are fresh.
        fresh = self._ready().publication(known.domain, number)
        if fresh is None:
            raise OddAnswer("the API has it no more")
        if kind == "cover":
            if not fresh.cover:
                raise OddAnswer("it has no cover")
            self._library.files.keep_cover(number, self._ready().file(fresh.cover, LARGEST_COVER))
            return
        largest = self._library.settings.file_mb * 1_000_000
        if not fresh.pdf:
            raise OddAnswer("it has no file")
        if fresh.size > largest:
            raise TooLarge(f"{fresh.size / 1e6:.0f} MB")
        self._library.files.keep_publication(number, self._ready().file(fresh.pdf, largest))

    def _known(self, number: str) -> Publication:
        with suppress(sqlite3.Error), self._library.shelf.reading() as db:
            found = shelf.one(db, number)
            if found is not None:
                return found
        raise OddAnswer("the copy has it no more")
