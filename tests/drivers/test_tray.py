"""The simulated reader and its cards, through the real pyscard and pcscd."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import pytest

from drivers.base import CardGone, CardSeen, Lost, Missing, Timeout, Uid, Unreadable
from drivers.card_reader import PcscReader
from drivers.simulated.pcscd import reader_name
from drivers.simulated.tray import TAP_S, CardTray

SOON_S = 20.0


@pytest.fixture
def tray() -> Iterator[CardTray]:
    tray = CardTray()
    tray.start()
    yield tray
    tray.close()


@pytest.fixture
def reader(tray: CardTray) -> Iterator[PcscReader]:
    assert tray.reader_pattern is not None, tray.missing
    reader = PcscReader(pattern=tray.reader_pattern, transmit_timeout_s=1.0)
    reader.connect()
    yield reader
    reader.close()


def number(reader: PcscReader) -> Uid:
    event = reader.next_event(SOON_S)
    assert isinstance(event, CardSeen)
    assert event.uid is not None
    return event.uid


def test_a_tapped_card_is_seen_by_the_real_reader_and_goes_by_itself(
    tray: CardTray, reader: PcscReader
) -> None:
    begun = time.monotonic()
    tray.tap("ktp")
    assert tray.lying == "ktp", "the hand does not keep anybody waiting"
    assert len(number(reader)) == 7
    assert reader.next_event(SOON_S) == CardGone()
    assert time.monotonic() - begun > TAP_S
    assert tray.lying is None


def test_the_cards_differ_as_cards_do(tray: CardTray, reader: PcscReader) -> None:
    seen = {}
    for kind in ("ktp", "ktp_2", "student", "passport", "bank"):
        tray.lay(kind)
        event = reader.next_event(SOON_S)
        assert isinstance(event, CardSeen)
        seen[kind] = event.uid
        tray.lift()
        assert reader.next_event(SOON_S) == CardGone()
    assert seen["bank"] is None
    assert {kind: len(uid) for kind, uid in seen.items() if uid} == {
        "ktp": 7,
        "ktp_2": 7,
        "student": 4,
        "passport": 4,
    }
    assert seen["ktp"] != seen["ktp_2"]
    assert [kind for kind, uid in seen.items() if uid and uid.is_random] == ["passport"]


def test_a_card_without_a_chip_lies_there_unseen(tray: CardTray, reader: PcscReader) -> None:
    tray.lay("sim")
    assert tray.lying == "sim"
    assert reader.next_event(1.0) is None


def test_one_card_takes_the_place_of_another(tray: CardTray, reader: PcscReader) -> None:
    tray.tap("ktp")
    assert len(number(reader)) == 7
    tray.lay("student")
    assert tray.lying == "student"
    assert reader.next_event(SOON_S) == CardGone()
    assert len(number(reader)) == 4
    assert reader.next_event(TAP_S) is None, "the end of the first card's tap does not take the second away"


def test_a_card_that_is_laid_down_while_it_is_tapped_stays(tray: CardTray, reader: PcscReader) -> None:
    tray.tap("ktp")
    tray.lay("ktp")
    assert len(number(reader)) == 7
    assert reader.next_event(TAP_S + 0.5) is None
    assert tray.lying == "ktp"


def test_a_card_that_is_torn_away_is_unreadable(tray: CardTray, reader: PcscReader) -> None:
    tray.set_fault("torn", True)
    tray.lay("ktp")
    with pytest.raises(Unreadable):
        reader.next_event(SOON_S)
    assert reader.next_event(SOON_S) == CardGone()
    assert tray.lying is None
    tray.set_fault("torn", False)
    tray.lay("ktp")
    assert len(number(reader)) == 7


def test_a_card_that_never_answers_is_a_timeout(tray: CardTray, reader: PcscReader) -> None:
    tray.set_fault("silent", True)
    assert tray.faults == {"torn": False, "silent": True, "stopped": False}
    tray.lay("ktp")
    with pytest.raises(Timeout):
        reader.next_event(SOON_S)


def test_a_reader_that_stopped_is_lost_and_comes_back(tray: CardTray, reader: PcscReader) -> None:
    tray.lay("ktp")
    number(reader)
    tray.set_fault("stopped", True)
    assert tray.lying is None
    with pytest.raises(Lost):
        while reader.next_event(SOON_S) is not None:
            pass
    with pytest.raises(Missing):
        tray.tap("ktp")
    tray.set_fault("stopped", False)
    reader.connect()
    tray.lay("ktp")
    assert len(number(reader)) == 7


def test_an_unknown_card_is_a_key_error(tray: CardTray) -> None:
    for action in (tray.tap, tray.lay):
        with pytest.raises(KeyError):
            action("library")


def test_the_pattern_means_exactly_this_reader(tray: CardTray) -> None:
    assert tray.reader_pattern is not None
    assert re.search(tray.reader_pattern, reader_name(0))
    assert not re.search(tray.reader_pattern, reader_name(1))


def test_closing_in_the_midst_of_a_tap_leaves_no_hand_behind(tray: CardTray) -> None:
    threads = set(threading.enumerate())
    tray.tap("ktp")
    tray.close()
    tray.close()
    assert tray.lying is None
    assert not tray.is_ready
    assert set(threading.enumerate()) <= threads
