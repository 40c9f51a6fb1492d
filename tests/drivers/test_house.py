"""The simulated front desk: the real drivers over it, and the hands that use and break it."""

from __future__ import annotations

import io
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from drivers.base import (
    CardSeen,
    CoverOpen,
    Door,
    DriverError,
    Edge,
    Lost,
    Missing,
    OutcomeUnknown,
    PaperOut,
    Phrase,
    Timeout,
)
from drivers.button import ButtonWiring, GpioButtons
from drivers.card_reader import PcscReader
from drivers.locks import GpioLocks, LockWiring, PulseTiming
from drivers.printer import EscposPrinter, NetworkWire
from drivers.simulated.house import PRINTER_FAULTS, ROLLS, UNPLUGGED, House
from drivers.speaker import EspeakSpeaker
from tests.drivers.printers import TICKET, TICKET_LINES

BUTTONS = {"P": ButtonWiring(17), "K": ButtonWiring(27, pull_up=False)}
LOCKERS = {"1": LockWiring(5, 6), "2": LockWiring(13, 19)}
QUICK = PulseTiming(pulse_s=0.02, max_pulse_s=0.1, gap_s=0.0, rest_s=0.0)
SOON_S = 20.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path) as house:
        house.wire(BUTTONS, LOCKERS)
        yield house


@pytest.fixture
def buttons(house: House) -> Iterator[GpioButtons]:
    """The real driver, past the levels that it tells of at first."""
    buttons = GpioButtons(name="buttons", wiring=BUTTONS, factory=lambda: house.pins)
    buttons.connect()
    for _ in BUTTONS:
        buttons.next_edge(SOON_S)
    yield buttons
    buttons.close()


@pytest.fixture
def locks(house: House) -> Iterator[GpioLocks]:
    locks = GpioLocks(name="lockers", wiring=LOCKERS, factory=lambda: house.pins, timing=QUICK)
    locks.connect()
    yield locks
    locks.close()


@pytest.fixture
def printer(house: House) -> Iterator[EscposPrinter]:
    printer = EscposPrinter(
        name="printer",
        wire=NetworkWire(house.printer.host, house.printer.port),
        columns=48,
        timeout_s=0.5,
        confirm=True,
    )
    printer.connect()
    yield printer
    printer.close()


@pytest.fixture
def speaker(house: House) -> Iterator[EspeakSpeaker]:
    speaker = EspeakSpeaker("voice", player=house.player_command, chime=False, timeout_s=1.0)
    speaker.connect()
    yield speaker
    speaker.close()


def edges(buttons: GpioButtons, count: int) -> list[Edge]:
    found = [buttons.next_edge(SOON_S) for _ in range(count)]
    return [edge for edge in found if edge is not None]


def eventually(condition: Callable[[], bool]) -> bool:
    """Look again and again, since what is looked at rings no bell."""
    deadline = time.monotonic() + SOON_S
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return condition()


# ------------------------------------------------------------------------- life


def children() -> set[str]:
    own = Path(f"/proc/self/task/{threading.get_native_id()}/children")
    return set(own.read_text().split())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_house_leaves_no_thread_no_process_and_no_socket(tmp_path: Path) -> None:
    with House(tmp_path):  # libpcsclite and the like keep a file or two once they have been used
        pass
    threads, processes, files = set(threading.enumerate()), children(), open_files()
    house = House(tmp_path)
    house.start()
    house.wire(BUTTONS, LOCKERS)
    house.cards.tap("ktp")
    assert children() - processes, "pcscd runs"
    port = house.printer.port
    house.close()
    house.close()
    assert set(threading.enumerate()) <= threads
    assert children() <= processes
    assert open_files() <= files
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), SOON_S):
        pass


def test_a_house_that_was_never_started_closes(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.close()
    with pytest.raises(RuntimeError, match="not started"):
        _ = house.pins


def test_a_house_that_cannot_start_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "loudspeaker").write_text("a file stands where the folder has to be")
    threads, processes = set(threading.enumerate()), children()
    with pytest.raises(FileExistsError):
        House(tmp_path).start()
    assert set(threading.enumerate()) <= threads
    assert children() <= processes


def test_without_pcscd_a_house_stands_and_says_why_it_has_no_reader(house: House, tmp_path: Path) -> None:
    """The reason here: one process runs one pcscd, and the first house has it."""
    with House(tmp_path / "second") as second:
        assert second.reader_pattern is None
        assert "already runs a pcscd" in (second.reader_missing or "")
        assert second.cards.lying is None
        with pytest.raises(Missing, match="already runs a pcscd"):
            second.cards.tap("ktp")
        second.set_fault("card_reader", "stopped", True)
        second.set_fault("card_reader", "stopped", False)
    assert house.reader_missing is None


# ------------------------------------------------------------------------- push buttons


@pytest.mark.parametrize("letter", BUTTONS)
def test_a_press_reaches_the_driver_with_its_bounce(house: House, buttons: GpioButtons, letter: str) -> None:
    house.press(letter)
    heard = edges(buttons, 8)
    assert {edge.button for edge in heard} == {letter}
    assert [edge.pressed for edge in heard] == [True, False] * 4
    assert 70e6 < heard[-1].at_ns - heard[0].at_ns < 400e6


def test_a_stuck_button_stays_pressed_whoever_presses_it(house: House, buttons: GpioButtons) -> None:
    house.hold("P")
    house.press("P")
    assert [edge.pressed for edge in edges(buttons, 1)] == [True]
    assert buttons.next_edge(0.0) is None
    assert house.faults["buttons"] == {"P": True, "K": False}
    house.hold("P", False)
    assert [edge.pressed for edge in edges(buttons, 1)] == [False]
    assert not house.faults["buttons"]["P"]


def test_an_unknown_button_is_a_key_error(house: House) -> None:
    for action in (house.press, house.hold):
        with pytest.raises(KeyError):
            action("Z")
    assert house.faults["buttons"] == {"P": False, "K": False}


# ------------------------------------------------------------------------- ticket printer


def test_a_printed_ticket_becomes_a_picture_of_the_papers_width(house: House, printer: EscposPrinter) -> None:
    printer.print(TICKET)
    printer.print(TICKET)
    newest, first = house.tickets
    assert (newest.number, first.number) == (2, 1)
    assert [line.strip() for line in newest.lines if not line.startswith("-")] == list(TICKET_LINES)
    with Image.open(io.BytesIO(house.picture(2))) as picture:
        assert (picture.format, picture.width) == ("PNG", 576)
        assert 0.02 < picture.convert("L").histogram()[0] / (picture.width * picture.height) < 0.5
    with pytest.raises(KeyError):
        house.picture(3)


def test_paper_that_was_torn_off_is_gone_and_the_next_ticket_comes(
    house: House, printer: EscposPrinter
) -> None:
    house.tear_off()
    printer.print(TICKET)
    house.tear_off()
    assert list(house.tickets) == []
    assert house.picture(1)
    printer.print(TICKET)
    assert [ticket.number for ticket in house.tickets] == [2]


def test_on_narrow_paper_nothing_is_cut_and_codes_are_pictures(tmp_path: Path) -> None:
    with House(tmp_path, columns=32) as house:
        assert house.columns == 32
        wire = NetworkWire(house.printer.host, house.printer.port)
        printer = EscposPrinter(name="printer", wire=wire, columns=32, native_qr=False, cutter=False)
        printer.connect()
        printer.print(TICKET)
        printer.close()
        assert house.printer.complaints == []
        with Image.open(io.BytesIO(house.picture(1))) as picture:
            assert picture.width == 384


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("cover_open", CoverOpen),
        ("jammed", DriverError),
        ("offline", DriverError),
        ("mute", Timeout),
        ("stalled", Timeout),
        (UNPLUGGED, Lost),
    ],
)
def test_each_fault_of_the_printer_is_felt_by_the_driver_and_ends(
    house: House, printer: EscposPrinter, fault: str, error: type[DriverError]
) -> None:
    printer.print(TICKET)
    house.set_fault("printer", fault, True)
    assert [name for name, on in house.faults["printer"].items() if on] == [fault]
    with pytest.raises(error):
        printer.print(TICKET)
    assert len(house.tickets) == 1
    house.set_fault("printer", fault, False)
    assert not any(house.faults["printer"].values())
    printer.connect()
    printer.print(TICKET)
    assert len(house.tickets) == 2


def test_every_fault_of_the_printer_is_tried_here(house: House) -> None:
    assert set(house.faults["printer"]) == {*PRINTER_FAULTS, UNPLUGGED}


@pytest.mark.parametrize("roll", ROLLS)
def test_each_roll_is_known_for_what_it_is(house: House, roll: str) -> None:
    house.put_roll(roll)
    assert house.roll == roll
    house.put_roll("full")
    assert house.roll == "full"


def test_a_roll_that_is_ending_ends_in_the_middle_of_a_ticket(house: House, printer: EscposPrinter) -> None:
    house.put_roll("ending")
    with pytest.raises(OutcomeUnknown):
        printer.print(TICKET)
    assert house.roll == "out"
    (torn,) = house.tickets
    assert not torn.is_complete
    with pytest.raises(PaperOut):
        printer.print(TICKET)
    house.put_roll("full")
    printer.print(TICKET)
    assert house.tickets[0].is_complete


# ------------------------------------------------------------------------- lockers


def test_a_pulse_opens_a_door_and_a_hand_closes_it(house: House, locks: GpioLocks) -> None:
    locks.pulse("1")
    assert [(door.name, door.is_open, door.pulses) for door in house.doors] == [
        ("1", True, 1),
        ("2", False, 0),
    ]
    assert (house.doors[0].last_pulse_ms or 0) >= 20
    assert house.doors[1].last_pulse_ms is None
    assert locks.door("1") is Door.OPEN
    house.close_door("1")
    assert locks.door("1") is Door.CLOSED
    house.open_door("2")
    assert locks.door("2") is Door.OPEN


def test_a_jammed_door_stays_shut_until_it_is_freed(house: House, locks: GpioLocks) -> None:
    house.jam("1")
    assert house.faults["lockers"] == {"1": True, "2": False}
    locks.pulse("1")
    assert not house.doors[0].is_open
    house.set_fault("lockers", "1", False)
    locks.pulse("1")
    assert house.doors[0].is_open


def test_an_unknown_locker_is_a_key_error(house: House) -> None:
    for action in (house.open_door, house.close_door, house.jam):
        with pytest.raises(KeyError):
            action("9")
    assert house.faults["lockers"] == {"1": False, "2": False}


# ------------------------------------------------------------------------- card reader


def test_a_tapped_card_is_seen_by_the_real_reader(house: House) -> None:
    assert house.reader_pattern is not None, house.reader_missing
    reader = PcscReader(pattern=house.reader_pattern)
    reader.connect()
    house.cards.tap("ktp")
    event = reader.next_event(SOON_S)
    reader.close()
    assert isinstance(event, CardSeen)
    assert len(event.uid or b"") == 7


def test_the_readers_faults_are_switched(house: House) -> None:
    house.set_fault("card_reader", "stopped", True)
    assert house.faults["card_reader"] == {"torn": False, "silent": False, "stopped": True}
    assert not house.cards.is_ready
    house.set_fault("card_reader", "stopped", False)
    assert house.cards.is_ready


# ------------------------------------------------------------------------- loudspeaker


def test_what_is_said_can_be_heard_afterwards(house: House, speaker: EspeakSpeaker) -> None:
    speaker.say((Phrase("id", "satu"),))
    (sound,) = house.speaker.sounds
    assert sound.number == 1
    assert sound.ended
    assert not sound.is_playing
    assert 0.3 < sound.seconds <= sound.age_s < 60
    assert house.speaker.wav(1).startswith(b"RIFF")
    with pytest.raises(KeyError):
        house.speaker.wav(2)


def test_a_sound_is_playing_until_its_last_word(house: House, speaker: EspeakSpeaker) -> None:
    saying = threading.Thread(target=speaker.say, args=((Phrase("id", "satu dua tiga"),),))
    saying.start()
    assert eventually(lambda: [sound.is_playing for sound in house.speaker.sounds] == [True])
    saying.join()
    assert not house.speaker.sounds[0].is_playing


def test_an_unplugged_loudspeaker_is_lost_and_a_stuck_one_is_given_up(
    house: House, speaker: EspeakSpeaker
) -> None:
    house.set_fault("voice", "unplugged", True)
    with pytest.raises(Lost):
        speaker.say((Phrase("id", "satu"),))
    house.set_fault("voice", "stuck", True)
    assert house.faults["voice"] == {"unplugged": False, "stuck": True}
    with pytest.raises(Timeout):
        speaker.say((Phrase("id", "satu"),))
    house.set_fault("voice", "unplugged", False)  # which it is not: the other fault stays
    assert house.faults["voice"]["stuck"]
    house.set_fault("voice", "stuck", False)
    speaker.say((Phrase("id", "satu"),))


def test_a_new_run_does_not_show_what_an_earlier_one_said(tmp_path: Path) -> None:
    for _ in range(2):
        with House(tmp_path) as house:
            assert house.speaker.sounds == ()
            subprocess.run([*house.player_command, "--speed", "1000"], input=_wav(), check=True)
            assert len(house.speaker.sounds) == 1


def _wav() -> bytes:
    speaker = EspeakSpeaker("voice", player=(sys.executable,), chime=False)
    return speaker.synthesise((Phrase("id", "satu"),))


# ------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("device", "name"),
    [
        ("buttons", "Z"),
        ("printer", "on_fire"),
        ("card_reader", "on_fire"),
        ("lockers", "9"),
        ("voice", "sad"),
    ],
)
@pytest.mark.parametrize("on", [True, False])
def test_an_unknown_fault_is_a_key_error_and_changes_nothing(
    house: House, device: str, name: str, on: bool
) -> None:
    before = house.faults
    with pytest.raises(KeyError):
        house.set_fault(device, name, on)
    with pytest.raises(KeyError):
        house.set_fault("coffee_machine", name, on)
    assert house.faults == before


def test_the_line_to_a_centre_is_there_once_it_is_laid(house: House) -> None:
    assert "central" not in house.faults
    with socket.create_server(("127.0.0.1", 0)) as centre:
        port = house.lay_line(centre.getsockname()[1])
    socket.create_connection(("127.0.0.1", port), SOON_S).close()
    house.set_fault("central", "cut", True)
    assert [name for name, on in house.faults["central"].items() if on] == ["cut"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), SOON_S)
