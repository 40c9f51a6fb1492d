"""Senders that never give up, and note what was acknowledged to them."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from appliance.central import contract
from appliance.central.contract import ACKNOWLEDGED
from tests.central.records import event

BATCH = 5
_AGAIN_S = 0.02


class Sender:
    """An office that sends batch after batch, each until it is acknowledged. Has records of its own."""

    def __init__(self, port: int, token: str, first: int) -> None:
        self.acknowledged: list[str] = []
        self.lost_replies = 0
        self._port = port
        self._token = token
        self._next = first
        self._over = threading.Event()

    def run(self) -> None:
        """Send until told to stop."""
        while not self._over.is_set():
            batch = [event(self._next + place) for place in range(BATCH)]
            ids = [contract.read_event(one).id for one in contract.split_batch(contract.join(batch))]
            if self._send_until_known(contract.join(batch), ids):
                self.acknowledged += ids
            self._next += BATCH

    def stop(self) -> None:
        """Send no more."""
        self._over.set()

    def _send_until_known(self, body: bytes, ids: list[str]) -> bool:
        while not self._over.is_set():
            try:
                status, answer = self._post(body)
            except (OSError, http.client.HTTPException):
                self.lost_replies += 1
                self._over.wait(_AGAIN_S)
                continue
            if status == 200:
                results = contract.read_answer(answer, ids)
                assert all(results[one].status in ACKNOWLEDGED for one in ids), answer
                return True
            assert status == 503, (status, answer)
            self._over.wait(_AGAIN_S)
        return False

    def _post(self, body: bytes) -> tuple[int, bytes]:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": contract.BATCH_MEDIA_TYPE,
            "Idempotency-Key": contract.batch_id(body),
        }
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)) as client:
            client.request("POST", contract.PATH, body, headers)
            answer = client.getresponse()
            return answer.status, answer.read()


@contextmanager
def sending(port: int, token: str, number: int) -> Iterator[list[Sender]]:
    """So many senders at work, for as long as the `with` lasts."""
    senders = [Sender(port, token, 100_000 * (place + 1)) for place in range(number)]
    threads = [threading.Thread(target=sender.run, name=f"sender-{n}") for n, sender in enumerate(senders)]
    for thread in threads:
        thread.start()
    try:
        yield senders
    finally:
        for sender in senders:
            sender.stop()
        for thread in threads:
            thread.join()
