"""The rules of the card reader that need no reader: what a look, an answer and a return code mean."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smartcard import scard

from drivers.base import Busy, DriverError, Lost, Missing, Timeout, Uid, Unreadable
from drivers.card_reader import Change, Look, choose, compare, look, read_answer
from drivers.pcsc import MOST_LEFT_BEHIND, Bounded, failure

SOON_S = 20.0


@pytest.mark.parametrize(
    ("told", "now", "change"),
    [
        (Look(False, 0), Look(False, 0), Change.NOTHING),
        (Look(False, 4), Look(True, 5), Change.CAME),
        (Look(True, 5), Look(False, 6), Change.WENT),
        (Look(True, 5), Look(True, 5), Change.NOTHING),
        (Look(True, 5), Look(True, 7), Change.SWAPPED),
        (Look(True, 5), Look(False, 8), Change.WENT),
        (Look(False, 4), Look(False, 6), Change.MISSED),
        (Look(False, 4), Look(True, 7), Change.CAME),
        (Look(True, 5), Look(True, 6), Change.NOTHING),
        (Look(True, 0xFFFF), Look(True, 0x0001), Change.SWAPPED),
    ],
)
def test_what_happened_follows_from_presence_and_counter(told: Look, now: Look, change: Change) -> None:
    assert compare(told, now) is change


def test_an_event_state_holds_the_card_in_its_low_and_the_counter_in_its_high_half() -> None:
    assert look(0x0003_0022) == Look(present=True, count=3)
    assert look(0xFFFF_0412) == Look(present=False, count=0xFFFF)


@pytest.mark.parametrize("flags", [scard.SCARD_STATE_UNKNOWN, scard.SCARD_STATE_UNAVAILABLE])
def test_an_unplugged_reader_is_no_look_at_all(flags: int) -> None:
    assert look(0x0003_0022 | flags) is None


@pytest.mark.parametrize("length", [4, 7, 8, 10])
def test_a_number_of_a_usual_length_is_taken(length: int) -> None:
    assert read_answer("r", bytes(range(length)) + b"\x90\x00") == Uid(bytes(range(length)))


@pytest.mark.parametrize("status", ["6A81", "6300", "6D00", "6A82"])
def test_a_card_that_answers_without_a_number_has_none(status: str) -> None:
    assert read_answer("r", bytes.fromhex(status)) is None


@pytest.mark.parametrize("answer", ["", "90", "9000", "019000", "0102039000", "0102030405060708090A0B9000"])
def test_an_answer_that_cannot_be_a_number_is_unreadable(answer: str) -> None:
    with pytest.raises(Unreadable):
        read_answer("r", bytes.fromhex(answer))


@given(st.binary(max_size=40))
def test_whatever_a_card_answers_is_a_number_none_or_unreadable_and_is_never_shown(answer: bytes) -> None:
    try:
        uid = read_answer("r", answer)
    except Unreadable as error:
        assert len(answer) < 2 or answer[-2:] == b"\x90\x00"
        assert re.fullmatch(r"r: the card's (answer|number) has \d+ bytes", str(error))
    else:
        assert uid is None or repr(uid) == f"Uid(<{len(answer) - 2} bytes>)"


def test_the_reader_is_chosen_by_name_and_never_as_the_first() -> None:
    readers = ["ACS ACR1252 [SAM] 01 00", "ACS ACR1252 [PICC] 00 00"]
    assert choose("r", readers, re.compile("PICC")) == readers[1]
    with pytest.raises(Missing, match=r"no reader matches 'Omnikey'.*\[SAM\].*\[PICC\]"):
        choose("r", readers, re.compile("Omnikey"))
    with pytest.raises(Missing, match=r"several readers match 'ACS'.*\[SAM\].*\[PICC\]"):
        choose("r", readers, re.compile("ACS"))
    with pytest.raises(Missing, match="none at all"):
        choose("r", [], re.compile("ACS"))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (0x8010001D, Lost),
        (0x80100013, Lost),
        (0x80100009, Lost),
        (0x8010002E, Lost),
        (0x8010000B, Busy),
        (0x80100016, Unreadable),
        (0x80100069, Unreadable),
        (0x80100014, Timeout),
    ],
)
def test_each_return_code_becomes_an_error_of_ours_with_words(code: int, kind: type[DriverError]) -> None:
    error = failure("r", code, otherwise=Timeout)
    assert type(error) is kind
    assert error.detail


def test_commands_that_never_come_back_are_left_behind_but_do_not_pile_up() -> None:
    bounded = Bounded("r", timeout_s=0.1)
    release = threading.Event()
    for _ in range(MOST_LEFT_BEHIND):
        with pytest.raises(Timeout, match=r"reading: no answer within 0.1 s"):
            bounded.run(release.wait, "reading")
    with pytest.raises(Timeout, match="have not come back"):
        bounded.run(lambda: "at once", "reading")
    release.set()
    for thread in threading.enumerate():
        if thread.name == "card command":
            thread.join(SOON_S)
    assert bounded.run(lambda: "back", "reading") == "back"
