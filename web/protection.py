"""What protects every page: where a request may come from, how many may come, and what browsers may do.

Cross-site requests are refused by what the browser says of them (Sec-Fetch-Site, or else Origin), the rule
that Go's standard library and Datasette use: no tokens to keep, nothing to forget in a form. Requests
without either header do not come from a browser and carry nobody's cookies.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request

from web.parts import front_desk

P = ParamSpec("P")
T = TypeVar("T")

OVER_LAN = "frontdesk.over_lan"  # in the environment of a request; set by web/lan_server.py alone
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

_ONLY_BY_TLS = "max-age=15552000"  # half a year; said over TLS only, so the kiosk never hears of it


def install(app: Flask) -> None:
    """Guard every request, and put the headers on every answer."""
    app.before_request(refuse_cross_site)
    app.after_request(put_headers)


def refuse_cross_site() -> None:
    """Only our own pages may change something."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        origin = request.headers.get("Origin")
        allowed = origin is None or _is_own(origin)
    if not allowed:
        abort(403)


def _is_own(origin: str) -> bool:
    """Whether a page of this origin is one of ours; over TLS, one that came over TLS."""
    parts = urlsplit(origin)
    return parts.netloc == request.host and (parts.scheme == "https" or not request.is_secure)


def put_headers(response: Response) -> Response:
    """Strict headers; nothing but the static files is ever kept by a browser."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = _ONLY_BY_TLS
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def from_kiosk() -> None:
    """For a blueprint's before_request: its pages are for the kiosk's own networks only."""
    if not is_from_kiosk():
        abort(404)


def is_from_kiosk() -> bool:
    """Whether the request comes from the kiosk's own networks."""
    client = _client()
    if over_lan() and ipaddress.ip_address(client).is_loopback:
        return False  # whoever came by the network is not this machine, whatever forwards to it
    return front_desk().config.kiosk.admits(client)


def is_from_here() -> bool:
    """Whether the request comes from this machine itself."""
    return ipaddress.ip_address(_client()).is_loopback and not over_lan()


def over_lan() -> bool:
    """Whether the request came by way of the office's network, over TLS."""
    return bool(request.environ.get(OVER_LAN))


@dataclass
class _Bucket:
    tokens: float
    filled: float  # monotonic seconds


class RateLimit:
    """A token bucket for each client: `burst` at once, then one each `every_s` seconds.

    By monotonic time, so that a clock which is set does not lock anybody out; the libraries that do this
    measure wall time.
    """

    _CLIENTS = 1000  # remembered at once; the one that was quiet longest goes first

    def __init__(self, burst: int, every_s: float) -> None:
        self._burst = burst
        self._every_s = every_s
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, client: str) -> float:
        """0.0 when the client may go on, else the seconds to wait."""
        with self._lock:
            now = time.monotonic()
            bucket = self._buckets.pop(client, None) or _Bucket(float(self._burst), now)
            self._buckets[client] = bucket
            if len(self._buckets) > self._CLIENTS:
                self._buckets.popitem(last=False)
            bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.filled) / self._every_s)
            bucket.filled = now
            if bucket.tokens < 1:
                return (1 - bucket.tokens) * self._every_s
            bucket.tokens -= 1
            return 0.0


def limited(burst: int, every_s: float) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Decorates a view that anybody may call: 429 with Retry-After beyond the limit, for each address."""

    def decorate(view: Callable[P, T]) -> Callable[P, T]:
        name = f"{view.__module__}.{view.__qualname__}"

        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            wait_s = rate_limit(name, burst, every_s).take(caller())
            if wait_s:
                abort(429, response=Response(status=429, headers={"Retry-After": str(int(wait_s) + 1)}))
            return view(*args, **kwargs)

        return guarded

    return decorate


def rate_limit(name: str, burst: int, every_s: float) -> RateLimit:
    """The limit of this name, one for each application."""
    limits: dict[str, RateLimit] = current_app.extensions.setdefault("rate_limits", {})
    return limits.get(name) or limits.setdefault(name, RateLimit(burst, every_s))


def caller() -> str:
    """Whom a limit counts: an address, or all of an IPv6 network, since one machine has a whole network's."""
    address = ipaddress.ip_address(_client())
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))


def _client() -> str:
    """The other end's address, in one spelling."""
    address = ipaddress.ip_address(request.remote_addr or "127.0.0.1")
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
