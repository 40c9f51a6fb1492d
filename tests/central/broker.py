"""A real mosquitto on a loopback port, with a configuration of its own, and somebody who listens."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.central.receiver import Kept, free_port

TOPIC = "pst/+/events"
PATIENCE_S = 20.0


class Broker:
    """One mosquitto, which can be stopped, killed and started again with what it has stored."""

    def __init__(self, folder: Path, *more: str) -> None:
        folder.mkdir()
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        rows = [
            f"listener {self.port} 127.0.0.1",
            "persistence true",
            f"persistence_location {folder}/",
            "log_dest none",
            *(more or ("allow_anonymous true",)),
        ]
        if os.geteuid() == 0:
            rows.append("user root")  # else it would give up the right to its own folder
        self._config.write_text("\n".join(rows) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program, "mosquitto is not installed (debian-packages.txt)"
        self._process = subprocess.Popen([program, "-c", self._config], stderr=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        raise AssertionError("mosquitto did not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


class Listener:
    """The receiving side behind a broker: subscribes for good, and keeps the contract."""

    def __init__(self, broker: Broker, user: str | None = None, password: str | None = None) -> None:
        self.kept = Kept()
        self.messages: list[MQTTMessage] = []
        self._ready = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="central", protocol=MQTTv5)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        if user:
            self._client.username_pw_set(user, password)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", broker.port, keepalive=10, clean_start=False, properties=properties)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def await_records(self, number: int) -> None:
        until = time.monotonic() + PATIENCE_S
        while len(self.kept.records) < number and time.monotonic() < until:
            time.sleep(0.01)
        assert len(self.kept.records) == number

    def _subscribe(self, client: Client, *_: Any) -> None:
        client.subscribe(TOPIC, qos=1)

    def _take(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        self.messages.append(message)
        self.kept.take(json.loads(message.payload))
