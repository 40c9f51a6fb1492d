"""How often a password or a code may be tried.

For each address, so that guessing is slow; and for each account, so that it is slow from many addresses too.
Whoever has logged in from an address before is not kept out by somebody who guesses at their account from
elsewhere. All of it takes a fixed amount of memory, and is forgotten with the process.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict

from flask import current_app

from appliance.errors import TooManyTries
from web.protection import RateLimit

_ACCOUNTS = 500  # counters for all names that anybody may type: each name has one, some share theirs
_KNOWN = 200  # pairs of an account and an address that it was used from; the oldest goes first


class Tries:
    """The counters of one application."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)  # so that nobody can find a name that shares somebody's counter
        self._of_address = RateLimit(burst=5, every_s=12.0)
        self._of_account = RateLimit(burst=10, every_s=60.0)
        self._of_code = RateLimit(burst=5, every_s=30.0)
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def password(self, login: str, caller: str) -> None:
        """Count a try at this account's password. Raises TooManyTries."""
        _count(self._of_address, caller)
        account = self._account(login)
        with self._lock:
            known = (account, caller) in self._known
        if not known:
            _count(self._of_account, account)

    def succeeded(self, login: str, caller: str) -> None:
        """The password was right: from here this account may go on, whatever others try elsewhere."""
        pair = self._account(login), caller
        with self._lock:
            self._known[pair] = None
            self._known.move_to_end(pair)
            if len(self._known) > _KNOWN:
                self._known.popitem(last=False)

    def code(self) -> None:
        """Count a try at the first-start code, whoever tries: all together have one. Raises TooManyTries.

        There are sixteen million codes: at two tries a minute, half of them take eight years.
        """
        _count(self._of_code, "everybody")

    def _account(self, login: str) -> str:
        name = login.strip().lower().encode()
        digest = hashlib.blake2b(name, key=self._salt, digest_size=8).digest()
        return str(int.from_bytes(digest) % _ACCOUNTS)


def tries() -> Tries:
    """The counters of this application."""
    found: Tries = current_app.extensions["tries"]
    return found


def _count(limit: RateLimit, key: str) -> None:
    wait_s = limit.take(key)
    if wait_s:
        raise TooManyTries(wait_s)
