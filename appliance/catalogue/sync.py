"""The nightly copying: every domain page by page, then all of it at once into the place of the old copy.

What was laid aside is kept for a day; so a sync that broke, at whatever page, goes on there. What the API
says of the number of its pages is not believed: a domain is whole when a page has nothing (new) on it, or
when the last page is reached and all that was announced is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from appliance.catalogue.answers import ListPage
from appliance.catalogue.errors import OddAnswer
from appliance.catalogue.shelf import Writer

MOST_PAGES: Final = 2000  # of a domain: more is a loop
STALE: Final = timedelta(days=1)  # what was laid aside longer ago is copied anew


class Api(Protocol):
    """What a sync needs of the API."""

    def page(self, domain: str, number: int) -> ListPage:
        """One page of a domain's publications. Raises CatalogueError."""


def sync(
    writer: Writer,
    api: Api,
    domains: Sequence[str],
    now: Callable[[], datetime],
    told: Callable[[str, int], None] = lambda domain, page: None,
) -> int:
    """Make the copy anew; gives how many publications it has. Raises CatalogueError; the old copy stays then.

    `told` is called after each page.
    """
    for domain in domains:
        _copy(writer, api, domain, now, told)
    return writer.swap(domains, now())


def _copy(
    writer: Writer,
    api: Api,
    domain: str,
    now: Callable[[], datetime],
    told: Callable[[str, int], None],
) -> None:
    progress = writer.progress(domain)
    if progress is None or not timedelta() <= now() - progress.began < STALE:
        writer.begin(domain, now())
        number = 1
    elif progress.done:
        return
    else:
        number = progress.page + 1
    while number <= MOST_PAGES:
        page = api.page(domain, number)
        before = writer.laid_aside(domain)
        writer.lay_aside(domain, number, page.publications)
        told(domain, number)
        if _is_last(page, number, before, writer.laid_aside(domain)):
            writer.finish(domain)
            return
        number += 1
    raise OddAnswer(f"domain {domain} has no last page")


def _is_last(page: ListPage, number: int, before: int, after: int) -> bool:
    if after == before:  # empty, or the same page once more
        return True
    return number >= page.pages and after >= page.total
