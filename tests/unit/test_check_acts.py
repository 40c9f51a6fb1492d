"""What the check does on request, on simulated hardware below the real libraries."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from appliance.check_acts import CardWait, keep_picture, print_ticket, pulse_lock, read_card
from appliance.checks import Checkup, look
from appliance.examination import Answer
from drivers.base import Text
from drivers.card_reader import PcscReader
from drivers.locks import GpioLocks, LockWiring, PulseTiming
from drivers.printer import EscposPrinter, NetworkWire
from drivers.simulated.lockers import SimulatedLockers
from drivers.simulated.pins import SimulatedPins
from drivers.simulated.printer import PrinterKind, VirtualPrinter
from drivers.simulated.tray import CardTray

WIRING = {"1": LockWiring(5, 6), "2": LockWiring(13, None)}
QUICK = PulseTiming(0.05, 0.2, 0.0)
OPENS_WITHIN_S = 0.3


def codes(answer: Answer) -> list[str]:
    return [message.key.removeprefix("check.said.") for message in answer.said]


# ------------------------------------------------------------------------------------- one lock


@pytest.fixture
def bank() -> Iterator[tuple[GpioLocks, SimulatedLockers]]:
    with SimulatedPins() as pins:
        simulated = SimulatedLockers(pins, WIRING)
        locks = GpioLocks(name="lockers", wiring=WIRING, factory=lambda: pins, timing=QUICK)
        locks.connect()
        yield locks, simulated
        locks.close()


def test_a_door_that_opens_is_told_as_opened(bank: tuple[GpioLocks, SimulatedLockers]) -> None:
    locks, simulated = bank
    answer = pulse_lock(locks, "1", OPENS_WITHIN_S)
    assert (codes(answer), answer.problem) == (["pulse.opened"], None)
    assert [pulse.locker for pulse in simulated.pulses] == ["1"]


def test_a_door_that_jams_is_told_as_closed(bank: tuple[GpioLocks, SimulatedLockers]) -> None:
    locks, simulated = bank
    simulated.jam("1", True)
    answer = pulse_lock(locks, "1", OPENS_WITHIN_S)
    assert (codes(answer), answer.problem) == (["pulse.still_closed"], "still_closed")


def test_a_door_that_was_open_proves_nothing(bank: tuple[GpioLocks, SimulatedLockers]) -> None:
    locks, simulated = bank
    simulated.open_door("1")
    assert codes(pulse_lock(locks, "1", OPENS_WITHIN_S)) == ["pulse.was_open"]


def test_a_door_without_a_contact_is_for_the_eye(bank: tuple[GpioLocks, SimulatedLockers]) -> None:
    assert codes(pulse_lock(bank[0], "2", OPENS_WITHIN_S)) == ["pulse.no_contact"]


def test_a_locker_that_does_not_exist_is_a_fault_and_nothing_is_pulsed(
    bank: tuple[GpioLocks, SimulatedLockers],
) -> None:
    locks, simulated = bank
    locks.close()
    result = look(Checkup(locks, lambda: pulse_lock(locks, "9", OPENS_WITHIN_S), "pulse"))
    assert (result.found, result.problem, result.act) == (True, "lock_fault", "pulse")
    assert simulated.pulses == ()


# ------------------------------------------------------------------------------------- a card


@pytest.fixture
def tray() -> Iterator[CardTray]:
    with closing(CardTray()) as tray:
        tray.start()
        yield tray


@pytest.mark.parametrize(
    ("kind", "code"),
    [("ktp", "card.sure"), ("student", "card.short"), ("passport", "card.random")],
)
def test_a_card_is_judged_and_its_number_not_shown(tray: CardTray, kind: str, code: str) -> None:
    assert tray.reader_pattern is not None, tray.missing
    reader = PcscReader(pattern=tray.reader_pattern)
    told: list[bool] = []

    def prompt() -> None:
        told.append(True)
        threading.Timer(0.2, tray.lay, [kind]).start()

    result = look(Checkup(reader, lambda: read_card(reader, CardWait(10.0, prompt)), "card"))
    tray.lift()
    assert codes(Answer(result.said)) == [code]
    assert set(result.said[0].values) == {"n"}  # how many bytes, and no more
    assert told == [True]


def test_nobody_waits_longer_for_a_card_than_was_said(tray: CardTray) -> None:
    assert tray.reader_pattern is not None, tray.missing
    reader = PcscReader(pattern=tray.reader_pattern)
    result = look(Checkup(reader, lambda: read_card(reader, CardWait(0.6, lambda: None)), "card"))
    assert (result.found, result.problem) == (True, "no_card")
    assert result.seconds < 5


# ------------------------------------------------------------------------------------- paper and picture


@pytest.mark.parametrize(("confirms", "code"), [(True, "printed"), (False, "sent")])
def test_a_test_ticket_says_how_sure_it_is(confirms: bool, code: str) -> None:
    with VirtualPrinter(kind=PrinterKind(confirms=confirms)) as printer:
        wire = NetworkWire(printer.host, printer.port)
        driver = EscposPrinter(name="printer", wire=wire, columns=48, timeout_s=1.0, confirm="auto")
        result = look(
            Checkup(driver, lambda: print_ticket(driver, lambda columns: (Text(f"{columns}"),)), "print")
        )
        assert [ticket.lines for ticket in printer.tickets] == [("48",)]
    assert codes(Answer(result.said)) == [code]


def test_a_frame_that_did_not_come_is_a_problem_and_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "frame.jpg"
    assert keep_picture(None, path).problem == "read_fault"
    assert not path.exists()
