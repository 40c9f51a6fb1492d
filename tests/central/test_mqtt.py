"""The road by MQTT, over a real mosquitto on a loopback port."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from appliance import outbox
from appliance.central import contract, mqtt_road
from appliance.central.contract import Status
from appliance.central.mqtt_road import MqttRoad
from appliance.central_config import Central
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from tests.central.broker import Broker, Listener
from tests.central.conftest import drain, relay_on
from tests.central.receiver import free_port

Over = Callable[..., list[int]]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker at work."""
    made = Broker(tmp_path / "broker")
    yield made
    made.stop()


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    """The receiving side behind it."""
    made = Listener(broker)
    yield made
    made.close()


@pytest.fixture
def road_to() -> Iterator[Callable[..., MqttRoad]]:
    """Makes roads to brokers, and closes them."""
    made: list[MqttRoad] = []

    def make(desk: FrontDesk, url: str, **more: str) -> MqttRoad:
        settings = Central(road="mqtt", broker=url, **{"timeout": "2s", **more})  # type: ignore[arg-type]
        made.append(MqttRoad(settings, desk.office.id, desk.store.read(outbox.device)))
        return made[-1]

    yield make
    for road in made:
        road.hang_up()


RoadTo = Callable[..., MqttRoad]


def trouble(desk: FrontDesk) -> str | None:
    found = desk.relay.trouble
    return found.code if found else None


def test_each_visit_is_a_message_of_its_own_on_the_topic_of_its_office(
    desk: FrontDesk, over: Over, clock: ManualClock, broker: Broker, listener: Listener, road_to: RoadTo
) -> None:
    over(250)
    drain(relay_on(desk, road_to(desk, broker.url)), clock)
    listener.await_records(250)
    assert desk.store.read(outbox.backlog).waiting == 0
    assert set(listener.kept.stored.values()) == {1}
    assert {message.topic for message in listener.messages} == {"pst/1373/events"}
    assert {message.qos for message in listener.messages} == {1}
    properties = listener.messages[0].properties
    assert properties is not None
    assert properties.ContentType == contract.EVENT_MEDIA_TYPE  # type: ignore[attr-defined]


def test_what_nobody_listens_to_is_not_acknowledged(
    desk: FrontDesk, over: Over, clock: ManualClock, broker: Broker, road_to: RoadTo
) -> None:
    """The broker takes it and throws it away: to us that is not stored."""
    over(3)
    relay = relay_on(desk, road_to(desk, broker.url))
    for _ in range(5):
        clock.advance(relay.work())
    assert trouble(desk) == "central_busy"
    assert desk.store.read(outbox.backlog).waiting == 3
    assert desk.store.read(outbox.parked) == []
    listener = Listener(broker)
    drain(relay, clock)
    listener.await_records(3)
    listener.close()
    assert trouble(desk) is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_broker_that_ends_in_the_middle_loses_nothing_that_it_has_not_taken(
    desk: FrontDesk,
    over: Over,
    clock: ManualClock,
    broker: Broker,
    listener: Listener,
    road_to: RoadTo,
    how: signal.Signals,
) -> None:
    over(300)
    relay = relay_on(desk, road_to(desk, broker.url))
    relay.work()
    listener.await_records(100)
    broker.stop(how)
    for _ in range(3):
        clock.advance(relay.work())
    assert trouble(desk) == "central_unreachable"
    assert desk.store.read(outbox.backlog).waiting == 200
    broker.start()
    # Until the receiving side has come back, a broker that was killed may know nothing of it.
    drain(relay, clock)
    listener.await_records(300)
    assert set(listener.kept.stored.values()) == {1}
    assert trouble(desk) is None


def test_a_broker_that_is_not_there_is_a_network_that_is_away(
    desk: FrontDesk, over: Over, road_to: RoadTo
) -> None:
    over(1)
    relay_on(desk, road_to(desk, f"mqtt://127.0.0.1:{free_port()}")).work()
    assert trouble(desk) == "central_unreachable"
    assert desk.store.read(outbox.backlog).waiting == 1


def test_a_wrong_password_is_said_and_the_right_one_works(
    desk: FrontDesk, over: Over, clock: ManualClock, tmp_path: Path, road_to: RoadTo
) -> None:
    over(2)
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "pst-1373", "sesame"], check=True)
    subprocess.run(["mosquitto_passwd", "-b", passwords, "central", "hears"], check=True)
    broker = Broker(tmp_path / "closed", "allow_anonymous false", f"password_file {passwords}")
    listener = Listener(broker, "central", "hears")
    try:
        token = tmp_path / "token"
        token.write_text("wrong\n")
        relay = relay_on(desk, road_to(desk, broker.url, user="pst-1373", token=str(token)))
        clock.advance(relay.work())
        assert trouble(desk) == "central_refused"
        token.write_text("sesame\n")
        drain(relay, clock)
        listener.await_records(2)
    finally:
        listener.close()
        broker.stop()


def test_an_office_that_may_not_write_is_told_so(
    desk: FrontDesk, over: Over, clock: ManualClock, tmp_path: Path, road_to: RoadTo
) -> None:
    over(1)
    rights = tmp_path / "rights"
    rights.write_text("topic read #\ntopic write pst/1377/events\n")
    broker = Broker(tmp_path / "strict", "allow_anonymous true", f"acl_file {rights}")
    listener = Listener(broker)
    try:
        relay_on(desk, road_to(desk, broker.url)).work()
        assert trouble(desk) == "central_refused"
        assert desk.store.read(outbox.backlog).waiting == 1
    finally:
        listener.close()
        broker.stop()


def test_an_idle_connection_is_kept_and_a_lost_one_is_noticed(
    desk: FrontDesk, over: Over, clock: ManualClock, broker: Broker, listener: Listener, road_to: RoadTo
) -> None:
    road = road_to(desk, broker.url)
    relay = relay_on(desk, road)
    over(1)
    drain(relay, clock)
    for _ in range(20):
        road.rest()
    broker.stop()
    for _ in range(20):
        road.rest()
    broker.start()
    over(1)
    drain(relay, clock)
    listener.await_records(2)


CODES = [
    (0x00, Status.STORED),
    (0x10, Status.LATER),  # no matching subscribers
    (0x80, Status.LATER),
    (0x83, Status.LATER),
    (0x90, Status.LATER),
    (0x97, Status.LATER),  # quota exceeded
    (0x99, Status.REJECTED),  # payload format invalid
]


@pytest.mark.parametrize(("code", "status"), CODES)
def test_what_the_broker_answers_is_understood(code: int, status: Status) -> None:
    answer = ReasonCode(PacketTypes.PUBACK, identifier=code)
    assert mqtt_road.result_of("a.1", answer).status is status


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (0x84, "central_refused"),
        (0x86, "central_refused"),
        (0x87, "central_refused"),
        (0x88, "central_busy"),
        (0x89, "central_busy"),
        (0x97, "central_busy"),
        (0x95, "central_nonsense"),
        (0x9C, "central_nonsense"),
    ],
)
def test_a_refused_connection_is_understood(code: int, meaning: str) -> None:
    assert mqtt_road.refusal_of(ReasonCode(PacketTypes.CONNACK, identifier=code)).code == meaning


def test_not_more_than_a_few_messages_are_on_their_way(
    desk: FrontDesk, over: Over, clock: ManualClock, broker: Broker, listener: Listener, road_to: RoadTo
) -> None:
    assert mqtt_road.IN_FLIGHT <= 20
    over(mqtt_road.IN_FLIGHT * 3)
    drain(relay_on(desk, road_to(desk, broker.url)), clock)
    listener.await_records(mqtt_road.IN_FLIGHT * 3)
    sequences = [listener.kept.records[record].sequence or 0 for record in listener.kept.in_order]
    assert sequences == sorted(sequences)
