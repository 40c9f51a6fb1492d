"""The card reader on the real pyscard, libpcsclite, pcscd and vpcd; only the card is virtual.

`make test` installs pcscd and vsmartcard's vpcd; without them these tests fail, they do not skip.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from smartcard import scard

from drivers.base import (
    Busy,
    CardGone,
    CardReader,
    CardSeen,
    Lost,
    Missing,
    Timeout,
    Uid,
    Unreadable,
)
from drivers.card_reader import PcscReader, list_readers
from drivers.simulated.card import CARDS, SOUND, CardFaults, VirtualCard
from drivers.simulated.pcscd import RUN_DIRECTORY, VirtualPcscd, reader_name, unavailable

SOON_S = 20.0  # vpcd looks for a card every 400 ms

Lay = Callable[..., VirtualCard]


@pytest.fixture
def pcscd() -> Iterator[VirtualPcscd]:
    """A fresh daemon: it starts in 20 ms, quicker than vpcd notices that the last card is gone."""
    with VirtualPcscd() as daemon:
        yield daemon


@pytest.fixture
def open_reader(pcscd: VirtualPcscd) -> Iterator[Callable[..., CardReader]]:
    """Connects drivers to the first slot, and closes them."""
    with ExitStack() as stack:

        def open_one(timeout_s: float = 2.0) -> CardReader:
            reader = PcscReader(pattern=re.escape(reader_name()), transmit_timeout_s=timeout_s)
            stack.callback(reader.close)
            reader.connect()
            return reader

        yield open_one


@pytest.fixture
def reader(open_reader: Callable[..., CardReader]) -> CardReader:
    return open_reader()


@pytest.fixture
def lay(pcscd: VirtualPcscd) -> Lay:
    """Lays a card on the first slot."""

    def lay_one(kind: str = "ktp", faults: CardFaults = SOUND) -> VirtualCard:
        card = pcscd.card(CARDS[kind], faults)
        card.insert()
        return card

    return lay_one


def seen(reader: CardReader) -> Uid | None:
    event = reader.next_event(SOON_S)
    assert isinstance(event, CardSeen)
    return event.uid


def number(reader: CardReader) -> Uid:
    uid = seen(reader)
    assert uid is not None
    return uid


def gone(reader: CardReader) -> bool:
    return reader.next_event(SOON_S) == CardGone()


def wait_until_empty(reader: CardReader) -> None:
    """Connect anew until nothing lies on the reader: a new connection is told at once of what does."""
    deadline = time.monotonic() + SOON_S
    while time.monotonic() < deadline:
        reader.close()
        reader.connect()
        with suppress(Unreadable):
            if reader.next_event(0.0) is None:
                return
    pytest.fail("the reader did not become empty")


# ------------------------------------------------------------------------- taps


def test_a_ktp_is_known_again_and_only_under_the_same_key(reader: CardReader, lay: Lay) -> None:
    card = lay("ktp")
    first = number(reader)
    card.remove()
    assert gone(reader)
    card.insert()
    second = number(reader)
    assert first == second == Uid(bytes.fromhex("04A1B2C3D4E5F6"))
    assert not first.is_random
    assert first.keyed_hash(b"today") == second.keyed_hash(b"today") != second.keyed_hash(b"tomorrow")


def test_a_passport_is_another_at_each_tap_and_says_that_it_is_random(reader: CardReader, lay: Lay) -> None:
    card = lay("passport")
    first = number(reader)
    card.remove()
    assert gone(reader)
    card.insert()
    second = number(reader)
    assert first != second
    assert first.is_random
    assert second.is_random


@pytest.mark.parametrize("kind", ["student", "type_b"])
def test_a_card_with_a_short_number_gives_four_bytes(reader: CardReader, lay: Lay, kind: str) -> None:
    lay(kind)
    assert number(reader) == Uid(CARDS[kind].uid or b"")


@pytest.mark.parametrize("faults", [SOUND, CardFaults(answer=b"\x63\x00")])
def test_a_card_without_a_number_is_seen_without_one(
    reader: CardReader, lay: Lay, faults: CardFaults
) -> None:
    lay("bank", faults)
    assert seen(reader) is None


def test_a_card_that_was_there_before_the_driver_is_seen(
    open_reader: Callable[..., CardReader], lay: Lay
) -> None:
    witness = open_reader()
    lay("ktp")
    number(witness)
    assert len(number(open_reader())) == 7


def test_each_card_is_told_of_once(reader: CardReader, lay: Lay) -> None:
    card = lay("ktp")
    number(reader)
    assert reader.next_event(0.2) is None
    card.remove()
    assert gone(reader)
    assert reader.next_event(0.2) is None


def test_a_card_swapped_between_two_looks_is_two_events(
    open_reader: Callable[..., CardReader], lay: Lay
) -> None:
    reader, witness = open_reader(), open_reader()
    first = lay("ktp")
    assert len(number(reader)) == len(number(witness)) == 7
    first.remove()
    assert gone(witness)
    lay("student")
    assert len(number(witness)) == 4
    assert gone(reader)
    assert len(number(reader)) == 4
    assert reader.next_event(0.0) is None


def test_a_quick_swap_ends_with_the_second_card(reader: CardReader, lay: Lay) -> None:
    first = lay("ktp")
    assert len(number(reader)) == 7
    first.remove()
    lay("student")
    assert gone(reader)
    assert len(number(reader)) == 4


def test_a_card_that_came_and_went_unread_is_unreadable(
    open_reader: Callable[..., CardReader], lay: Lay
) -> None:
    reader, witness = open_reader(), open_reader()
    card = lay("ktp")
    assert len(number(reader)) == len(number(witness)) == 7  # libpcsclite counts from the first card on
    card.remove()
    assert gone(reader)
    assert gone(witness)
    card.insert()
    number(witness)
    card.remove()
    assert gone(witness)
    with pytest.raises(Unreadable, match="too soon"):
        reader.next_event(0.0)
    assert reader.next_event(0.0) is None


# ------------------------------------------------------------------------- bad cards


def test_a_card_torn_away_while_it_is_read_is_unreadable_and_then_gone(reader: CardReader, lay: Lay) -> None:
    lay("ktp", CardFaults(torn_after=1))
    with pytest.raises(Unreadable):
        reader.next_event(SOON_S)
    assert gone(reader)
    lay("ktp")
    assert len(number(reader)) == 7


@pytest.mark.parametrize("answer", ["90", "9000", "019000", "0102030405060708090A0B9000"])
def test_a_card_that_answers_nonsense_is_unreadable(reader: CardReader, lay: Lay, answer: str) -> None:
    lay("ktp", CardFaults(answer=bytes.fromhex(answer)))
    with pytest.raises(Unreadable):
        reader.next_event(SOON_S)


def test_a_card_that_takes_a_second_is_read(reader: CardReader, lay: Lay) -> None:
    lay("ktp", CardFaults(delay_s=1.0))
    assert len(number(reader)) == 7


def test_a_mute_card_is_no_event(reader: CardReader, lay: Lay) -> None:
    lay("ktp", CardFaults(mute=True))
    assert reader.next_event(1.0) is None


def test_a_card_that_never_answers_is_given_up_after_two_seconds(reader: CardReader, lay: Lay) -> None:
    card = lay("ktp", CardFaults(silent=True))
    assert card.wait_until_noticed(SOON_S)
    begun = time.monotonic()
    with pytest.raises(Timeout, match="within 2 s"):
        reader.next_event(SOON_S)
    assert 2.0 <= time.monotonic() - begun < 2.0 + SOON_S

    card.remove()
    wait_until_empty(reader)
    lay("ktp")
    assert len(number(reader)) == 7


# ------------------------------------------------------------------------- reader and daemon


def test_pcscd_that_dies_is_lost_and_its_successor_serves(
    reader: CardReader, pcscd: VirtualPcscd, lay: Lay
) -> None:
    pcscd.crash()
    with pytest.raises(Lost, match="pcscd"):
        reader.next_event(SOON_S)
    with pytest.raises(Missing, match="pcscd does not run"):
        reader.connect()
    pcscd.start()
    reader.connect()
    lay("ktp")
    assert len(number(reader)) == 7


def test_pcscd_that_dies_while_a_card_is_read_is_lost(
    reader: CardReader, pcscd: VirtualPcscd, lay: Lay
) -> None:
    card = lay("ktp", CardFaults(silent=True))
    with ThreadPoolExecutor(1) as pool:
        event = pool.submit(reader.next_event, SOON_S)
        assert card.wait_until_asked(SOON_S)
        pcscd.crash()
        assert isinstance(event.exception(SOON_S), Lost)


def test_pcscd_that_hangs_is_a_timeout_and_not_for_ever(
    open_reader: Callable[..., CardReader], pcscd: VirtualPcscd, lay: Lay
) -> None:
    reader = open_reader(timeout_s=0.2)
    pcscd.freeze()
    with pytest.raises(Timeout):
        reader.connect()
    pcscd.thaw()
    reader.connect()
    lay("ktp")
    assert len(number(reader)) == 7


def test_without_pcscd_the_reader_is_missing(pcscd: VirtualPcscd) -> None:
    pcscd.stop()
    with pytest.raises(Missing, match="pcscd does not run"):
        PcscReader(pattern=".").connect()
    with pytest.raises(Missing, match="pcscd does not run"):
        list_readers()


def test_all_readers_are_listed_and_an_unclear_choice_names_them(pcscd: VirtualPcscd) -> None:
    both = (reader_name(0), reader_name(1))
    assert list_readers() == both
    for pattern in ("Simulated", "Omnikey"):
        with pytest.raises(Missing) as caught:
            PcscReader("desk_reader", pattern=pattern).connect()
        assert caught.value.device == "desk_reader"
        assert all(name in caught.value.detail for name in both)


def test_a_card_held_by_another_program_is_busy(reader: CardReader, lay: Lay) -> None:
    lay("ktp")
    number(reader)
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    assert code == scard.SCARD_S_SUCCESS
    code, _, _ = scard.SCardConnect(
        context, reader_name(), scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T1
    )
    assert code == scard.SCARD_S_SUCCESS
    try:
        reader.connect()
        with pytest.raises(Busy):
            reader.next_event(SOON_S)
    finally:
        scard.SCardReleaseContext(context)
    reader.connect()
    assert len(number(reader)) == 7


def test_close_wakes_up_whoever_waits(reader: CardReader) -> None:
    with ThreadPoolExecutor(1) as pool:
        event = pool.submit(reader.next_event, 30.0)
        reader.close()
        with suppress(Lost):  # where the wait had not even begun
            assert event.result(SOON_S) is None


def test_close_is_always_allowed_and_a_closed_reader_is_lost(pcscd: VirtualPcscd) -> None:
    reader = PcscReader(pattern=re.escape(reader_name()))
    reader.close()
    reader.connect()
    pcscd.crash()
    reader.close()
    reader.close()
    with pytest.raises(Lost, match="not connected"):
        reader.next_event(0.0)


def test_nothing_of_a_card_is_logged_or_shown(
    reader: CardReader, lay: Lay, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    card = lay("ktp")
    event = reader.next_event(SOON_S)
    card.remove()
    assert gone(reader)
    lay("ktp", CardFaults(answer=bytes.fromhex("04A1B2C3D4E5F6A1B2C3D49000")))
    with pytest.raises(Unreadable) as caught:
        reader.next_event(SOON_S)
    shown = "\n".join([repr(event), repr(caught.value), caplog.text, *capfd.readouterr()]).lower()
    assert not re.search(r"a1.{0,6}b2|161, ?178", shown)


# ------------------------------------------------------------------------- the simulator itself


def test_a_virtual_card_can_be_laid_on_and_taken_off_again_and_again(
    reader: CardReader, pcscd: VirtualPcscd
) -> None:
    before = set(threading.enumerate())
    with pcscd.card(CARDS["ktp"]) as card:
        card.insert()
        assert card.inserted
        number(reader)
    card.remove()
    assert not card.inserted
    assert gone(reader)
    assert set(threading.enumerate()) == before


def test_stopping_pcscd_takes_the_cards_off_and_ends_the_daemon_at_once(pcscd: VirtualPcscd) -> None:
    card = pcscd.card(CARDS["ktp"], CardFaults(silent=True))
    card.insert()
    assert card.wait_until_noticed(SOON_S)
    begun = time.monotonic()
    pcscd.stop()
    pcscd.stop()
    assert time.monotonic() - begun < SOON_S
    assert not pcscd.running
    assert not card.inserted
    with pytest.raises(Missing, match="no virtual reader"):
        card.insert()


def test_our_pcscd_leaves_the_systems_socket_alone(pcscd: VirtualPcscd) -> None:
    systems = RUN_DIRECTORY / "pcscd.comm"
    before = systems.stat() if systems.exists() else None
    pcscd.stop()
    pcscd.start()
    assert (systems.stat() if systems.exists() else None) == before


def test_a_second_pcscd_in_one_program_is_refused_in_words(pcscd: VirtualPcscd) -> None:
    with pytest.raises(Missing, match="already runs"):
        VirtualPcscd().start()
    assert list_readers() == (reader_name(0), reader_name(1))


def test_a_pcscd_without_its_port_is_refused_in_words(pcscd: VirtualPcscd) -> None:
    pcscd.stop()
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Missing, match=f"ports {port} and {port + 1} are not both free"):
            VirtualPcscd(port).start()


def test_what_is_missing_for_a_pcscd_is_said_in_words(tmp_path: Path) -> None:
    assert unavailable() is None
    assert "vsmartcard-vpcd" in (unavailable(tmp_path / "libifdvpcd.so") or "")
