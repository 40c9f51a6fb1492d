"""Knowing a card again without knowing whose it is."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.cards import KEY_BYTES, SECOND_TAP_S, TAP_LASTS_S, CardKeys, LastTap, Tap, recognise
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.visits import Visit
from drivers.base import Uid
from tests.store.conftest import Officer

KTP = Uid(bytes.fromhex("04a1b2c3d4e5f6"))
BANK_CARD = Uid(bytes.fromhex("00112233445566778899"))
OLD_CARD = Uid(bytes.fromhex("0badcafe"))  # four bytes: others may have the same
PASSPORT = Uid(bytes.fromhex("08deadbeef"))  # another number at each tap
TODAY = 1


@pytest.fixture
def keys(tmp_path: Path) -> CardKeys:
    return CardKeys(tmp_path / "keys")


@pytest.fixture
def tap(desk: FrontDesk, keys: CardKeys) -> Callable[..., Tap]:
    """What a card means to the desk now."""

    def lay_down(uid: Uid | None, before: Tap | None = None, day: int = TODAY) -> Tap:
        return desk.store.read(recognise, uid, keys, day, before, desk.clock.now())

    return lay_down


@pytest.fixture
def bound(rina: Officer, served: Callable[[], Visit], tap: Callable[..., Tap]) -> Visit:
    """A visit whose KTP is kept here."""
    return rina.take_in(served(), locker="1", id_type="ktp", card_hash=tap(KTP).card_hash)


# ------------------------------------------------------------------------------------------ recognising


@pytest.mark.parametrize("uid", [KTP, BANK_CARD], ids=["7 bytes", "10 bytes"])
def test_a_new_card_with_a_long_number_can_be_bound_at_once(tap: Callable[..., Tap], uid: Uid) -> None:
    seen = tap(uid)
    assert (seen.kind, seen.deposit_id) == ("new", None)
    assert seen.card_hash is not None and len(seen.card_hash) == 64


def test_a_card_that_is_kept_here_is_known_with_its_visit(bound: Visit, tap: Callable[..., Tap]) -> None:
    seen = tap(KTP)
    assert (seen.kind, seen.visit_id, seen.deposit_id) == ("known", bound.id, bound.deposit_id)
    assert tap(BANK_CARD).kind == "new"


def test_a_card_that_was_handed_back_is_a_new_one(
    rina: Officer, bound: Visit, tap: Callable[..., Tap]
) -> None:
    rina.hand_back(bound.deposit_id)
    assert tap(KTP).kind == "new"


def test_cards_that_cannot_be_known_again_are_said_to_be_so(tap: Callable[..., Tap]) -> None:
    for uid, kind in ((PASSPORT, "random"), (None, "no_uid")):
        seen = tap(uid)
        assert (seen.kind, seen.card_hash) == (kind, None), "nothing is kept of them"


def test_a_short_number_is_believed_only_when_it_is_shown_twice(
    tap: Callable[..., Tap], clock: ManualClock
) -> None:
    first = tap(OLD_CARD)
    assert first.kind == "again"
    assert tap(OLD_CARD, before=tap(Uid(b"\x01\x02\x03\x04"))).kind == "again", "another card in between"
    clock.advance(SECOND_TAP_S)
    assert tap(OLD_CARD, before=first).kind == "new"
    clock.advance(0.1)
    assert tap(OLD_CARD, before=first).kind == "again", "too long ago"


def test_a_card_kept_since_yesterday_is_known_by_yesterdays_key(
    bound: Visit, tap: Callable[..., Tap], keys: CardKeys
) -> None:
    seen = tap(KTP, day=TODAY + 1)
    assert (seen.kind, seen.deposit_id) == ("known", bound.deposit_id)
    assert keys.of_day(TODAY) != keys.of_day(TODAY + 1)
    assert tap(BANK_CARD).card_hash != tap(BANK_CARD, day=TODAY + 1).card_hash, "useless tomorrow"


def test_a_tap_never_shows_the_cards_hash_or_number(tap: Callable[..., Tap]) -> None:
    seen = tap(KTP)
    assert seen.card_hash is not None
    assert seen.card_hash not in repr(seen)
    assert "a1b2c3" not in repr(seen) + repr(KTP)


def test_nothing_of_a_number_is_in_the_database_but_its_keyed_hash(desk: FrontDesk, bound: Visit) -> None:
    def everything(db: sqlite3.Connection) -> str:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return repr([tuple(row) for table in tables for row in db.execute(f"SELECT * FROM {table}")])

    content = desk.store.read(everything).lower()
    assert "04a1b2c3d4e5f6" not in content
    assert repr(bytes.fromhex("04a1b2c3d4e5f6"))[2:-1] not in content


# ------------------------------------------------------------------------------------------ keys


def test_a_days_key_is_made_once_and_outlives_a_restart(tmp_path: Path, keys: CardKeys) -> None:
    key = keys.of_day(TODAY)
    assert len(key) == KEY_BYTES
    assert keys.of_day(TODAY) == key
    assert CardKeys(tmp_path / "keys").of_day(TODAY) == key


def test_keys_can_be_read_by_the_appliance_alone(tmp_path: Path, keys: CardKeys) -> None:
    keys.of_day(TODAY)
    (file,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_keys_that_are_not_needed_any_more_are_destroyed(tmp_path: Path, keys: CardKeys) -> None:
    kept = keys.of_day(2)
    keys.of_day(1)
    keys.of_day(3)
    assert sorted(keys.forget_all_but({2})) == [1, 3]
    assert [file.name for file in (tmp_path / "keys").iterdir()] == ["card-2.key"]
    assert keys.of_day(2) == kept


def test_forgetting_keys_where_there_are_none_is_nothing(keys: CardKeys) -> None:
    assert keys.forget_all_but(()) == []


def test_a_key_that_a_power_cut_left_unfinished_is_never_used(tmp_path: Path, keys: CardKeys) -> None:
    """A key is written under another name first: what is under its own name is whole."""
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "card-1.key.new").write_bytes(b"short")
    key = keys.of_day(TODAY)
    assert len(key) == KEY_BYTES
    assert [file.read_bytes() for file in (tmp_path / "keys").iterdir()] == [key]


# ------------------------------------------------------------------------------------------ the last tap


def test_the_desk_sees_the_last_tap_until_it_is_used_replaced_or_too_old(clock: ManualClock) -> None:
    shown = LastTap()
    assert shown.get(clock.now()) is None
    first = Tap("new", clock.now(), card_hash="hash")
    shown.show(first)
    clock.advance(TAP_LASTS_S)
    assert shown.get(clock.now()) == first
    second = replace(first, at=clock.now())
    shown.show(second)
    clock.advance(TAP_LASTS_S)
    assert shown.get(clock.now()) == second
    clock.advance(0.1)
    assert shown.get(clock.now()) is None
    shown.show(Tap("random", clock.now()))
    shown.clear()
    assert shown.get(clock.now()) is None
