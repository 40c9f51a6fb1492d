"""The road by MQTT 5: one message an event, QoS 1, to a broker that passes it on (docs/central.md).

What the broker acknowledges (PUBACK) it has taken over; that is not yet the server's word, and no more
durable than the broker itself. The outbox is the only queue: paho's own is thrown away at each trouble, with
the connection, and what was not acknowledged goes out again.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTv5, error_string
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from appliance.central import contract
from appliance.central.contract import Reason, Result, Status
from appliance.central.credentials import Trust, token
from appliance.central.deadline import Deadline
from appliance.central.road import OnItsWay
from appliance.central.trouble import trouble_of
from appliance.central_config import Central
from appliance.central_errors import CentralBusy, CentralNonsense, CentralRefused, CentralUnreachable
from appliance.errors import CentralError

IN_FLIGHT = 20  # messages that may be without an answer at one time
_SESSION_S = 7 * 86400  # how long the broker remembers us
_KEEP_ALIVE_S = 60
_CONNECT_S = 10.0
_LOOK_S = 0.5

# What the broker may say instead of taking a message (MQTT 5, 3.4.2.1).
_NOBODY_LISTENS = 0x10
_NOT_AUTHORIZED = 0x87
_BAD_PAYLOAD = 0x99
_REFUSALS = frozenset({0x84, 0x85, 0x86, _NOT_AUTHORIZED, 0x8A, 0x8C})
_BUSY = frozenset({0x88, 0x89, 0x97, 0x9F})


class MqttRoad:
    """Publishes events to a broker, over one connection that stays open."""

    def __init__(self, settings: Central, domain: str, device: str) -> None:
        self._settings = settings
        self._broker = urlsplit(settings.broker or "")
        self._topic = f"{settings.topic}/{domain}/events"
        self._name = f"pst-{device}"
        self._trust = Trust(settings)
        self._client: Client | None = None
        self._greeting: ReasonCode | None = None
        self._largest = contract.MAX_BYTES
        self._answers: dict[int, ReasonCode] = {}
        self._under_way: Deadline | None = None

    def send(self, events: Sequence[OnItsWay]) -> Mapping[str, Result]:
        """What the broker says of each event. Raises CentralError when it says nothing of any."""
        with Deadline(self._settings.timeout.total_seconds()) as deadline:
            self._under_way = deadline
            results: dict[str, Result] = {}
            try:
                client = self._connected(deadline)
                self._publish_all(client, events, results, deadline)
            except CentralError:
                self.hang_up()
                if not results:
                    raise
            finally:
                self._under_way = None
        return results

    def rest(self) -> None:
        """Keep the connection alive."""
        if self._client is not None and self._client.loop(0) != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.hang_up()

    def close(self) -> None:
        """End what is under way."""
        if (deadline := self._under_way) is not None:
            deadline.cut()

    # ---------------------------------------------------------------------- connecting

    def _connected(self, deadline: Deadline) -> Client:
        if self._client is None:
            self._client = self._connect(deadline)
        elif (sock := self._client.socket()) is not None:
            deadline.watch(cast(socket.socket, sock))
        return self._client

    def _connect(self, deadline: Deadline) -> Client:
        client = self._make()
        self._greeting = None
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = _SESSION_S
        host, port = self._broker.hostname or "", self._broker.port
        try:
            client.connect(
                host,
                port or (8883 if self._is_secure else 1883),
                _KEEP_ALIVE_S,
                clean_start=False,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            raise trouble_of(error, deadline) from error
        while self._greeting is None:
            self._turn(client, deadline)
        if self._greeting.is_failure:
            raise refusal_of(self._greeting)
        return client

    def _make(self) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=self._name, protocol=MQTTv5)
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(IN_FLIGHT)
        client.on_connect = self._greeted
        client.on_publish = self._answered
        client.on_disconnect = self._sent_away
        client.on_socket_open = self._opened
        password = token(self._settings)
        if self._settings.user:
            client.username_pw_set(self._settings.user, password)
        if self._is_secure:
            client.tls_set_context(self._trust.context())
        return client

    @property
    def _is_secure(self) -> bool:
        return self._broker.scheme == "mqtts"

    def hang_up(self) -> None:
        """Forget the connection, and what paho still holds for it."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()

    # ---------------------------------------------------------------------- publishing

    def _publish_all(
        self, client: Client, events: Sequence[OnItsWay], results: dict[str, Result], deadline: Deadline
    ) -> None:
        waiting: dict[int, str] = {}
        self._answers.clear()
        for event in events:
            if len(event.text) > self._largest:
                results[event.id] = Result(event.id, Status.REJECTED, Reason.TOO_LARGE)
                continue
            while len(waiting) >= IN_FLIGHT:
                self._collect(client, waiting, results, deadline)
            waiting[self._publish(client, event)] = event.id
        while waiting:
            self._collect(client, waiting, results, deadline)

    def _publish(self, client: Client, event: OnItsWay) -> int:
        properties = _properties(PacketTypes.PUBLISH)
        properties.ContentType = contract.EVENT_MEDIA_TYPE
        properties.PayloadFormatIndicator = 1
        message = client.publish(self._topic, event.text, qos=1, properties=properties)
        return message.mid

    def _collect(
        self, client: Client, waiting: dict[int, str], results: dict[str, Result], deadline: Deadline
    ) -> None:
        """Wait a moment for answers, and take those that have come."""
        self._turn(client, deadline)
        for number in [number for number in waiting if number in self._answers]:
            name, code = waiting.pop(number), self._answers.pop(number)
            if code.value == _NOT_AUTHORIZED:
                raise CentralRefused(f"topic {self._topic}: {code}")
            results[name] = result_of(name, code)

    def _turn(self, client: Client, deadline: Deadline) -> None:
        """Let paho read and write. Raises CentralError when the connection is gone or time is up."""
        if deadline.is_over or deadline.left_s <= 0.001:
            raise CentralUnreachable("time is up", slow=True)
        outcome = client.loop(min(_LOOK_S, deadline.left_s))
        if self._greeting is not None and self._greeting.is_failure:
            raise refusal_of(self._greeting)
        if outcome != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise CentralUnreachable(error_string(outcome).rstrip("."))

    # ---------------------------------------------------------------------- what paho says

    def _opened(self, _client: Client, _data: Any, sock: Any) -> None:
        if self._under_way is not None:
            self._under_way.watch(sock)

    def _greeted(
        self, _client: Client, _data: Any, _flags: ConnectFlags, code: ReasonCode, said: Properties | None
    ) -> None:
        self._greeting = code
        largest = getattr(said, "MaximumPacketSize", contract.MAX_BYTES) if said else contract.MAX_BYTES
        self._largest = min(contract.MAX_BYTES, int(largest) - 512)  # the topic and the properties

    def _answered(
        self, _client: Client, _data: Any, number: int, code: ReasonCode, _said: Properties | None
    ) -> None:
        self._answers[number] = code

    def _sent_away(
        self, _client: Client, _data: Any, flags: DisconnectFlags, code: ReasonCode, _said: Properties | None
    ) -> None:
        if code.is_failure and flags.is_disconnect_packet_from_server:
            self._greeting = code


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # the one part of paho without types


def result_of(name: str, code: ReasonCode) -> Result:
    """What the broker's answer to one message means."""
    if code.value == _NOBODY_LISTENS:  # taken, and thrown away: nobody has subscribed
        return Result(name, Status.LATER, Reason.STORAGE, str(code))
    if not code.is_failure:
        return Result(name, Status.STORED)
    if code.value == _BAD_PAYLOAD:
        return Result(name, Status.REJECTED, Reason.NOT_AN_EVENT, str(code))
    return Result(name, Status.LATER, Reason.BUSY, str(code))


def refusal_of(code: ReasonCode) -> CentralError:
    """What it means that the broker does not let us in, or sends us away."""
    if code.value in _REFUSALS:
        return CentralRefused(str(code))
    if code.value in _BUSY:
        return CentralBusy(str(code))
    return CentralNonsense(str(code))
