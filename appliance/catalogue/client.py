"""The BPS WebAPI over urllib3: one request after the other with a pause, each bounded in time and in size.

The key stands in the address of each request. No address is ever logged or put into an error, and what
urllib3 itself says is not repeated but named by its kind.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import urllib3
from urllib3.exceptions import HTTPError

from appliance.catalogue import answers
from appliance.catalogue.answers import ListPage, Publication
from appliance.catalogue.errors import OddAnswer, TooLarge, Unreachable

LARGEST_ANSWER: Final = 16_000_000  # bytes; a page of the list has some ten thousand
PER_PAGE: Final = 100
_PIECE: Final = 65_536
_FOLLOW: Final = urllib3.Retry(3, connect=0, read=0, status=0, redirect=3)
_PIECE_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: status, headers, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class WebApi:
    """The API for one key. One thread uses it; `stop` may be called by another and ends what is under way."""

    def __init__(self, url: str, key: str, *, pause_s: float, timeout_s: float) -> None:
        self._url = url.rstrip("/")
        self._key = quote(key, safe="")
        self._pause_s = pause_s
        self._timeout_s = timeout_s
        self._pool = urllib3.PoolManager(num_pools=2)
        self._last_s: float | None = None
        self._stopped = threading.Event()

    def page(self, domain: str, number: int) -> ListPage:
        """One page of a domain's publications. Raises CatalogueError."""
        path = f"list/model/publication/lang/ind/domain/{domain}/page/{number}/perpage/{PER_PAGE}"
        answer = self._ask(path)
        return answers.list_page(answer.status, answer.headers, answer.body, domain)

    def publication(self, domain: str, number: str) -> Publication | None:
        """One publication with fresh links; None where it is gone. Raises CatalogueError."""
        answer = self._ask(f"view/model/publication/lang/ind/domain/{domain}/id/{quote(number, safe='')}")
        return answers.detail(answer.status, answer.headers, answer.body, domain)

    def file(self, link: str, largest: int) -> bytes:
        """A cover or a PDF of at most `largest` bytes. Raises CatalogueError."""
        # A file may take as long as the slowest line needs for it, but no longer.
        answer = self._get(link, largest, max(self._timeout_s, largest / 100_000), redirect=True)
        if answer.status != 200:
            raise OddAnswer(f"status {answer.status} for a file")
        return answer.body

    def stop(self) -> None:
        """End what is under way with Unreachable."""
        self._stopped.set()

    def _ask(self, path: str) -> Answer:
        return self._get(f"{self._url}/{path}/key/{self._key}/", LARGEST_ANSWER, self._timeout_s)

    def _get(self, address: str, largest: int, within_s: float, *, redirect: bool = False) -> Answer:
        self._rest()
        give_up = time.monotonic() + within_s
        timeout = urllib3.Timeout(connect=_PIECE_TIMEOUT_S, read=min(_PIECE_TIMEOUT_S, within_s))
        try:
            response = self._pool.request(
                "GET", address, preload_content=False, timeout=timeout, retries=_FOLLOW if redirect else False
            )
            try:
                body = self._read(response, largest, give_up)
            finally:
                response.close()
        except (HTTPError, OSError) as error:
            raise Unreachable(type(error).__name__) from None  # its words hold the address
        finally:
            self._last_s = time.monotonic()
        return Answer(response.status, dict(response.headers), body)

    def _read(self, response: urllib3.BaseHTTPResponse, largest: int, give_up: float) -> bytes:
        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > largest:
            raise TooLarge(f"{int(announced) / 1e6:.0f} MB announced")
        body = bytearray()
        while piece := response.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > largest:
                raise TooLarge(f"more than {largest / 1e6:.0f} MB")
            if time.monotonic() > give_up:
                raise Unreachable("the answer does not end")
            if self._stopped.is_set():
                raise Unreachable("stopped")
        return bytes(body)

    def _rest(self) -> None:
        if self._last_s is not None:
            self._stopped.wait(max(0.0, self._last_s + self._pause_s - time.monotonic()))
        if self._stopped.is_set():
            raise Unreachable("stopped")
