"""The relay against a real server on a loopback port that answers anything at all.

After each trouble: nothing lost, nothing doubled, the reason there in words.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import outbox
from appliance.central import contract
from appliance.central.https_road import HttpsRoad
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.staff import Member
from tests.central import receiver as answers
from tests.central.conftest import drain, relay_on, relay_to, settings_for
from tests.central.receiver import Answer, Receiver, free_port

Over = Callable[..., list[int]]

HTML = b"<!DOCTYPE html><html><body><h1>Selamat datang di WiFi gratis</h1></body></html>"


def waiting(desk: FrontDesk) -> int:
    return desk.store.read(outbox.backlog).waiting


def trouble(desk: FrontDesk) -> str | None:
    found = desk.relay.trouble
    return found.code if found else None


def all_there_once(central: Receiver, number: int) -> bool:
    """Whether the receiver has every visit, and each revision of it was stored once."""
    kept = central.kept
    return len(kept.records) == number and set(kept.stored.values()) == {1}


def test_what_waits_is_stored_there_and_done_with_here(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(250)
    assert drain(relay_to(desk, central), clock) == 3
    assert all_there_once(central, 250)
    assert waiting(desk) == 0
    assert [size for _, _, size in central.requests if size > contract.MAX_BYTES] == []


def test_visits_arrive_in_the_order_of_the_journal(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(30, at_once=1)
    drain(relay_to(desk, central), clock)
    sequences = [central.kept.records[record].sequence or 0 for record in central.kept.in_order]
    assert sequences == sorted(sequences) and len(set(sequences)) == 30


def test_a_request_is_as_the_contract_says(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text("sesame-123\n")
    over(1)
    relay = relay_on(desk, HttpsRoad(settings_for(f"{central.url}/base", token=str(secret))))
    relay.work()
    ((path, headers, _),) = central.requests
    assert path == "/base/v1/events"
    assert headers["Content-Type"] == "application/cloudevents-batch+json"
    assert headers["Authorization"] == "Bearer sesame-123"
    assert len(headers["Idempotency-Key"]) == 32


# Who answers, and what is shown. None of these stores anything, unless its name says so.
MISBEHAVIOUR: dict[str, tuple[Answer, str]] = {
    "500": (answers.status(500, b"oops"), "central_nonsense"),
    "502 with a page": (answers.status(502, HTML, Content_Type="text/html"), "central_nonsense"),
    "404": (answers.status(404), "central_nonsense"),
    "200 with a page": (answers.status(200, HTML, Content_Type="text/html"), "central_nonsense"),
    "200 with nothing": (answers.status(200), "central_nonsense"),
    "200 about somebody else": (
        answers.status(200, b'{"results": [{"id": "x.1", "status": "stored"}]}'),
        "central_nonsense",
    ),
    "200 without results": (answers.status(200, b'{"results": []}'), "central_nonsense"),
    "204": (answers.status(204), "central_nonsense"),
    "a redirect": (answers.status(307, b"", Location="http://127.0.0.1:9/v1/events"), "central_nonsense"),
    "401": (answers.status(401), "central_refused"),
    "403": (answers.status(403), "central_refused"),
    "429": (answers.status(429), "central_busy"),
    "503": (answers.status(503), "central_busy"),
    "nothing at all": (answers.nothing, "central_unreachable"),
    "silence": (answers.silence, "central_unreachable"),
    "an endless answer": (answers.endless, "central_nonsense"),
    "an answer byte by byte": (answers.drip(b"HTTP/1.1 200 OK\r\n\r\n"), "central_unreachable"),
    "headers byte by byte": (answers.drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"), "central_unreachable"),
    "endless headers": (answers.drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 50), "central_nonsense"),
    "one 100 Continue after the other": (
        answers.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "central_unreachable",
    ),
    "no HTTP": (answers.raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "central_nonsense"),
    "a status that is none": (answers.raw(b"HTTP/1.1 2x0 OK\r\n\r\n"), "central_nonsense"),
    "a length that is none": (
        answers.raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
        "central_nonsense",
    ),
    "half an answer, after storing": (answers.half, "central_nonsense"),
    "500 after storing": (answers.stored_but(answers.status(500)), "central_nonsense"),
    "hanging up after storing": (answers.stored_but(answers.nothing), "central_unreachable"),
}


@pytest.mark.parametrize(("answer", "code"), MISBEHAVIOUR.values(), ids=MISBEHAVIOUR)
def test_whatever_it_answers_nothing_is_lost_and_nothing_doubled(
    desk: FrontDesk,
    over: Over,
    central: Receiver,
    clock: ManualClock,
    answer: Answer,
    code: str,
) -> None:
    over(3)
    central.once = [answer]
    relay = relay_to(desk, central, timeout="1s")
    pause = relay.work()
    assert 1.0 <= pause <= 2.0
    assert waiting(desk) == 3
    assert trouble(desk) == code
    for language in desk.office.languages:
        assert desk.wording.text(f"error.{code}.title", language)
    drain(relay, clock)
    assert all_there_once(central, 3)
    assert (waiting(desk), trouble(desk)) == (0, None)
    assert desk.store.read(outbox.parked) == []


def test_nobody_listening_is_a_network_that_is_away(desk: FrontDesk, over: Over) -> None:
    over(1)
    relay = relay_on(desk, HttpsRoad(settings_for(f"http://127.0.0.1:{free_port()}")))
    relay.work()
    assert trouble(desk) == "central_unreachable"


def test_a_token_that_cannot_be_read_is_said_and_nothing_is_sent(
    desk: FrontDesk, over: Over, central: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    over(1)
    secret = tmp_path / "token"
    relay = relay_on(desk, HttpsRoad(settings_for(central.url, token=str(secret))))
    for content in (None, b"", b"two words", "kata\u00e9".encode(), b"x" * 5000):
        if content is not None:
            secret.write_bytes(content)
        relay.link_is_back()
        relay.work()
        assert trouble(desk) == "central_unprepared"
    assert central.requests == []
    assert "two words" not in caplog.text
    secret.write_text("sesame")
    relay.link_is_back()
    relay.work()
    assert len(central.kept.records) == 1


# ------------------------------------------------------------------------------------------ too much


def test_a_server_that_takes_less_gets_less(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(100)
    central.always = answers.at_most(10)
    steps = drain(relay_to(desk, central), clock)
    assert all_there_once(central, 100)
    assert steps < 60
    assert trouble(desk) is None


@pytest.mark.parametrize("code", [400, 413, 415, 422])
def test_one_event_that_spoils_the_batch_is_found_and_parked(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock, code: int
) -> None:
    over(20)
    victim = contract.id_of({"id": desk.store.read(outbox.due)[7].id}) or ""
    central.always = answers.unless_poisoned({victim.rpartition(".")[0]}, code)
    relay = relay_to(desk, central)
    for _ in range(6):  # until it was rejected often enough; others must be taken in between
        drain(relay, clock)
        over(1)
    drain(relay, clock)
    (parked,) = desk.store.read(outbox.parked)
    assert f"{parked.record_id}.1" == victim
    assert len(central.kept.records) == 25
    assert trouble(desk) is None


@pytest.mark.parametrize("code", [400, 413, 415])
def test_a_server_that_takes_nothing_at_all_parks_nothing(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock, code: int
) -> None:
    over(5)
    central.always = answers.status(code)
    relay = relay_to(desk, central)
    for _ in range(60):
        clock.advance(relay.work())
    assert desk.store.read(outbox.parked) == []
    assert trouble(desk) == "central_nonsense"
    central.always = answers.well
    drain(relay, clock)
    assert all_there_once(central, 5)


def test_a_thin_line_gets_smaller_batches(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(100)
    central.once = [answers.silence]
    relay = relay_to(desk, central)
    clock.advance(relay.work())
    relay.work()
    assert len(central.kept.records) == 50


# ------------------------------------------------------------------------------------------ when to try again


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "least"), [("120", 120), ("Mon, 23 Nov 2026 02:03:00 GMT", 180), ("100000", 3600)]
)
def test_retry_after_is_obeyed(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock, status: int, header: str, least: int
) -> None:
    over(1)
    central.once = [answers.status(status, b"", Retry_After=header, Date="Mon, 23 Nov 2026 02:00:00 GMT")]
    relay = relay_to(desk, central)
    pause = relay.work()
    assert least <= pause <= least * 1.25 + 2
    clock.advance(least - 1)
    relay.link_is_back()  # no reason to be impolite
    assert relay.work() > 0
    assert len(central.requests) == 1
    clock.advance(pause)
    relay.work()
    assert len(central.kept.records) == 1


def test_pauses_grow_and_end_at_once_when_the_link_is_back(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(1)
    central.always = answers.nothing
    relay = relay_to(desk, central)
    pauses = []
    for _ in range(10):
        pauses.append(round(relay.work()))
        clock.advance(pauses[-1] + 1)
    assert pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    relay.work()
    central.always = answers.well
    assert relay.work() > 200
    relay.link_is_back()
    assert relay.work() == 0.0
    assert len(central.kept.records) == 1


def test_a_clock_that_is_set_or_a_machine_that_is_restarted_holds_nothing_up(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(1)
    central.once = [answers.nothing, answers.nothing]
    relay = relay_to(desk, central)
    first = relay.work()
    clock.step(-40 * 86400)
    assert relay.work() == pytest.approx(first)
    clock.step(80 * 86400)
    assert relay.work() == pytest.approx(first)
    clock.reboot()
    relay.work()
    assert len(central.requests) == 2


# ------------------------------------------------------------------------------------------ single events


def test_one_poisoned_event_is_parked_and_the_others_flow(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    """T12: no other event waits for longer than five seconds because of it."""
    over(250)
    victim = desk.store.read(outbox.due)[3].id.rpartition(".")[0]
    central.kept.poison = {victim}
    relay = relay_to(desk, central)
    waited = 0.0
    while len(central.kept.records) < 249:
        pause = relay.work()
        waited += pause
        clock.advance(pause)
    assert waited <= 5
    drain(relay, clock)
    (parked,) = desk.store.read(outbox.parked)
    assert (parked.record_id, parked.reason, parked.detail) == (victim, "schema", "sex: enum")
    assert all_there_once(central, 249)
    sent = sum(1 for one in central.requests if one)
    assert sent <= 5


def test_a_lonely_poisoned_event_is_tried_three_times(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(1)
    central.kept.poison = {desk.store.read(outbox.due)[0].id.rpartition(".")[0]}
    drain(relay_to(desk, central), clock)
    assert len(central.requests) == 3
    assert len(desk.store.read(outbox.parked)) == 1
    assert trouble(desk) is None


def test_what_is_parked_is_sent_when_somebody_says_so(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock, administrator: Member
) -> None:
    over(2)
    central.kept.poison = {one.id.rpartition(".")[0] for one in desk.store.read(outbox.due)}
    relay = relay_to(desk, central)
    drain(relay, clock)
    central.kept.poison.clear()
    assert desk.store.read(outbox.backlog).parked == 2
    assert desk.store.write(outbox.retry, staff=administrator.id) == 2
    drain(relay, clock)
    assert all_there_once(central, 2)
    assert desk.store.read(outbox.backlog).parked == 0


def test_what_comes_later_does_not_hold_up_the_rest(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    """Even if a whole batch of them stands at the head of the line."""
    over(300)
    first = [one.id.rpartition(".")[0] for one in desk.store.read(outbox.due)]
    central.kept.not_yet = set(first)
    relay = relay_to(desk, central)
    for _ in range(6):
        clock.advance(min(relay.work(), 10))
    assert len(central.kept.records) == 200
    assert desk.store.read(outbox.parked) == []
    central.kept.not_yet.clear()
    drain(relay, clock)
    assert all_there_once(central, 300)


# ------------------------------------------------------------------------------------------ T9, T10


def test_a_lost_reply_is_no_second_visit(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    """T10: 500 times stored and not told; 0 duplicates."""
    over(500)
    relay = relay_to(desk, central)
    relay._most = 1
    lost = 0
    while waiting(desk):
        central.once = [answers.stored_but(answers.nothing)]
        relay.work()
        relay.link_is_back()
        lost += 1
        relay._most = 1
        relay.work()
        relay._most = 1
    assert lost == 500
    assert all_there_once(central, 500)


class Lines(logging.Handler):
    """What the relay has to say in the log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log of the whole appliance."""
    log, handler = logging.getLogger("appliance"), Lines()
    before = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield handler
    log.removeHandler(handler)
    log.setLevel(before)


def test_eight_hours_away_cost_two_lines_and_no_visit(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock, lines: Lines
) -> None:
    """T9: 4,000 visits while the server is away, with ever another reason."""
    relay = relay_to(desk, central, timeout="10s")
    away = [answers.nothing, answers.status(500), answers.status(503), answers.raw(b"?")]
    began = clock.now()
    tries = 0
    while (clock.now().seconds_since(began) or 0) < 8 * 3600:
        over(40)
        central.always = away[tries % len(away)]
        relay.work()
        tries += 1
        clock.advance(288)
    over(4000 - tries * 40)
    written = desk.store.read(lambda db: db.execute("SELECT count(*) FROM journal").fetchone()[0])
    assert tries == 100 and waiting(desk) == 4000
    assert len(lines.said) == 1

    central.always = answers.well
    drain(relay, clock)
    assert all_there_once(central, 4000)
    sequences = [central.kept.records[record].sequence or 0 for record in central.kept.in_order]
    assert sequences == sorted(sequences)
    assert len(lines.said) == 2
    # One row a batch, and nothing at all while the server was away.
    after = desk.store.read(lambda db: db.execute("SELECT count(*) FROM journal").fetchone()[0])
    assert after - written == 40


def test_while_the_server_is_away_nothing_is_written(
    desk: FrontDesk, over: Over, central: Receiver, clock: ManualClock
) -> None:
    over(10)
    central.always = answers.status(500)
    relay = relay_to(desk, central)
    size = desk.store.path.with_name("frontdesk.db-wal").stat().st_size
    for _ in range(50):
        clock.advance(relay.work())
    assert desk.store.path.with_name("frontdesk.db-wal").stat().st_size == size


def test_without_a_section_nothing_is_sent_and_everything_is_kept(desk: FrontDesk, over: Over) -> None:
    assert desk.config.central is None
    over(3)
    assert waiting(desk) == 3
    assert trouble(desk) is None
