"""The road by HTTPS: one POST a batch, and what each answer means (docs/central.md)."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http.client import HTTPException
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from appliance import __version__
from appliance.backoff import retry_after
from appliance.central import contract
from appliance.central.contract import BadAnswer, Result
from appliance.central.credentials import Trust, token
from appliance.central.deadline import Deadline
from appliance.central.road import BatchRefused, OnItsWay
from appliance.central.trouble import trouble_of
from appliance.central_config import Central
from appliance.central_errors import CentralBusy, CentralNonsense, CentralRefused

_CONNECT_S = 10.0  # for each address of the server


def _watched(sock: socket.socket, deadline: Deadline) -> socket.socket:
    sock.settimeout(deadline.left_s)
    return deadline.watch(sock)


class _Plain(HTTPConnection):
    """A connection whose socket a deadline watches from its first byte on."""

    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        return _watched(super()._new_conn(), self.deadline)


class _Secure(HTTPSConnection):
    """The same with TLS."""

    deadline: Deadline

    def _new_conn(self) -> socket.socket:
        return _watched(super()._new_conn(), self.deadline)


class HttpsRoad:
    """Sends batches to the server itself, each over a connection of its own."""

    def __init__(self, settings: Central) -> None:
        self._settings = settings
        self._url = urlsplit(settings.url or "")
        self._trust = Trust(settings)
        self._under_way: Deadline | None = None

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        """What the server says of each event. Raises BatchRefused or CentralError."""
        body = contract.join([event.text for event in events])
        status, headers, answer = self._exchange(body)
        if status != 200:
            raise _refusal(status, headers)
        try:
            return contract.read_answer(answer, [event.id for event in events])
        except BadAnswer as error:
            raise CentralNonsense(f"200, {error}") from error

    def rest(self) -> None:
        """Nothing is kept open between batches."""

    def close(self) -> None:
        """End what is under way."""
        if (deadline := self._under_way) is not None:
            deadline.cut()

    def _exchange(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        headers = self._headers(body)
        with Deadline(self._settings.timeout.total_seconds()) as deadline:
            self._under_way = deadline
            connection = self._connection(deadline)
            try:
                connection.request("POST", self._path, body, headers, preload_content=False)
                response = connection.getresponse()
                answer = _read(response)
                if deadline.is_over:  # cut off by us: what looks like an end is none
                    raise TimeoutError
                return response.status, response.headers, answer
            except (OSError, HTTPException, HTTPError) as error:
                raise trouble_of(error, deadline) from error
            finally:
                self._under_way = None
                connection.close()

    @property
    def _path(self) -> str:
        return self._url.path + contract.PATH

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {
            "Content-Type": contract.BATCH_MEDIA_TYPE,
            "Accept": "application/json",
            "Idempotency-Key": contract.batch_id(body),
            "User-Agent": f"pst-frontdesk/{__version__}",
            "Connection": "close",
        }
        if found := token(self._settings):
            headers["Authorization"] = f"Bearer {found}"
        return headers

    def _connection(self, deadline: Deadline) -> _Plain | _Secure:
        host = self._url.hostname or ""
        connection: _Plain | _Secure
        if self._url.scheme == "http":  # to this machine only; the configuration sees to it
            connection = _Plain(host, self._url.port or 80, timeout=min(_CONNECT_S, deadline.left_s))
        else:
            context = self._trust.context()
            connection = _Secure(
                host, self._url.port or 443, timeout=min(_CONNECT_S, deadline.left_s), ssl_context=context
            )
        connection.deadline = deadline
        return connection


def _read(response: BaseHTTPResponse) -> bytes:
    """The answer, up to what an answer can have; as it is, never unpacked."""
    parts, length = [], 0
    while part := response.read(65536, decode_content=False):
        parts.append(part)
        length += len(part)
        if length > contract.LONGEST_ANSWER:
            raise CentralNonsense(f"{response.status}, an answer without end")
    return b"".join(parts)


def _refusal(status: int, headers: Mapping[str, str]) -> Exception:
    """What an answer other than 200 means."""
    if status in (401, 403):
        return CentralRefused(str(status))
    if status in (429, 503):
        wish = retry_after(headers.get("Retry-After"), headers.get("Date"), datetime.now(UTC))
        return CentralBusy(str(status), wait_s=wish)
    if status in (400, 413, 415, 422):
        return BatchRefused(status == 413, str(status))
    return CentralNonsense(f"{status}, redirected" if 300 <= status < 400 else str(status))
