"""The lock boards' frames: as the public implementations have them, and deaf to noise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.lock_frames import KINDS, Reply, Verdict, summed

ANSWERS = {
    "kr-cu16": summed(bytes.fromhex("02 10 35 FE FF 00 00 03")),
    "kr-cu48": summed(bytes.fromhex("02 01 00 75 06 FE FF FF FF FF FF 03")),
    "winnsen": bytes.fromhex("90 07 92 01 01 01 03"),
}
kinds = st.sampled_from(sorted(KINDS))


def from_board_1(reply: Reply) -> bool:
    return reply.address == 1


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (KINDS["kr-cu16"].ask(0, 0), "02 00 30 03 35"),
        (KINDS["kr-cu16"].unlock(0, 5), "02 05 31 03 3b"),
        (KINDS["kr-cu48"].ask(0, 7), "02 00 00 60 03 65"),
        (KINDS["kr-cu48"].unlock(0, 0), "02 00 00 61 03 66"),
        (KINDS["winnsen"].unlock(1, 16), "90 06 05 01 10 03"),
        (KINDS["winnsen"].ask(1, 16), "90 06 12 01 10 03"),
    ],
)
def test_commands_are_those_of_the_boards(frame: bytes, text: str) -> None:
    assert frame.hex(" ") == text


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_hook_of_an_answer_is_read(kind: str) -> None:
    reply = KINDS[kind].find(ANSWERS[kind], from_board_1)

    assert reply is not None
    first = KINDS[kind].numbers.start
    assert (reply.levels[first], reply.length) == (kind == "winnsen", len(ANSWERS[kind]))


@pytest.mark.parametrize(
    ("status", "verdict"), [(0, Verdict.FAILED), (1, Verdict.TAKEN), (2, Verdict.COOLING)]
)
def test_a_winnsen_board_says_how_an_unlocking_went(status: int, verdict: Verdict) -> None:
    reply = KINDS["winnsen"].read(bytes([0x90, 7, 0x85, 1, 4, status, 3]))

    assert reply is not None
    assert reply.verdict is verdict


def test_a_cu48_without_the_count_of_its_bytes_is_understood() -> None:
    frame = summed(bytes.fromhex("02 01 00 75 FE FF FF FF FF FF 03"))

    reply = KINDS["kr-cu48"].find(frame, from_board_1)

    assert reply is not None
    assert (reply.levels[0], reply.levels[1]) == (False, True)


@given(kinds, st.binary(max_size=40))
def test_noise_never_raises(kind: str, noise: bytes) -> None:
    KINDS[kind].find(noise, lambda reply: True)


@given(
    kinds, st.binary(max_size=20).filter(lambda noise: not {0x02, 0x90} & set(noise)), st.binary(max_size=20)
)
def test_an_answer_is_found_among_noise(kind: str, before: bytes, after: bytes) -> None:
    found = KINDS[kind].find(before + ANSWERS[kind] + after, from_board_1)

    assert found == KINDS[kind].read(ANSWERS[kind])


@given(kinds, st.integers(1, 14), st.integers(1, 15))
def test_no_command_is_taken_for_an_answer(kind: str, address: int, lock: int) -> None:
    board = KINDS[kind]

    for echo in (board.ask(address, lock), board.unlock(address, lock)):
        assert board.find(echo, lambda reply: True) is None


@given(st.sampled_from(["kr-cu16", "kr-cu48"]), st.data())
def test_an_answer_with_one_byte_changed_is_none(kind: str, data: st.DataObject) -> None:
    frame = bytearray(ANSWERS[kind])
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= data.draw(st.integers(1, 255))

    assert KINDS[kind].read(bytes(frame)) is None


@given(kinds, st.integers(0, 12))
def test_half_an_answer_is_waited_for(kind: str, length: int) -> None:
    part = ANSWERS[kind][: min(length, len(ANSWERS[kind]) - 1)]

    assert KINDS[kind].find(part, from_board_1) is None
