"""What the threads for buttons, cards and voice do, step by step, and the keeper of the house."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import config, days, lockers, sessions, tickets, visits
from appliance.cards import Tap
from appliance.clock import ManualClock
from appliance.duties.cards import CardDuty
from appliance.duties.keeper import KeeperDuty
from appliance.duties.press import PressDuty
from appliance.duties.voice import STALE_S, VoiceDuty
from appliance.errors import NoSuchService
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.staff import Member
from appliance.store import FILE
from appliance.visits import Visit
from drivers.base import (
    CardGone,
    CardSeen,
    DeviceState,
    Lost,
    Phrase,
    Pressed,
    Stuck,
    Uid,
    Unreadable,
    Unstuck,
)
from tests.conftest import CONFIG
from tests.store.conftest import PLACE, Officer, step
from tests.store.devices import HandButtons, HandReader, HandSpeaker

KTP = Uid(bytes.fromhex("04a1b2c3d4e5f6"))
DAY = 86400


def kinds(db: sqlite3.Connection) -> list[str]:
    return [row["kind"] for row in db.execute("SELECT kind FROM journal ORDER BY seq")]


class TestPresses:
    """From a finger to a number."""

    @pytest.fixture
    def buttons(self) -> HandButtons:
        return HandButtons()

    @pytest.fixture
    def work(self, desk: FrontDesk, buttons: HandButtons) -> Callable[[], None]:
        duty = PressDuty(desk, buttons)
        return lambda: step(duty, desk.changes)

    def test_each_press_gives_a_ticket_of_its_service_and_an_answer_on_the_screen(
        self, desk: FrontDesk, buttons: HandButtons, work: Callable[[], None]
    ) -> None:
        for letter, number in (("P", "P001"), ("K", "K001"), ("P", "P002")):
            buttons.events.append(Pressed(letter, at_ns=0))
            work()
            answer = desk.last_press.get(desk.clock.now(), within_s=10)
            assert answer is not None and answer.visit_id is not None
            visit = desk.store.read(visits.get, answer.visit_id)
            assert (visit.number, visit.source) == (number, "button")

    def test_without_a_press_nothing_happens(self, desk: FrontDesk, work: Callable[[], None]) -> None:
        work()
        assert desk.store.read(kinds) == []
        assert desk.last_press.get(desk.clock.now(), within_s=10) is None

    def test_a_clock_that_cannot_be_right_is_said_on_the_screen_and_the_buttons_go_on(
        self, desk: FrontDesk, buttons: HandButtons, work: Callable[[], None], clock: ManualClock
    ) -> None:
        clock.step(-57 * 365 * DAY)
        buttons.events.append(Pressed("P", at_ns=0))
        work()
        answer = desk.last_press.get(clock.now(), within_s=10)
        assert answer is not None and (answer.visit_id, answer.problem) == (None, "clock_implausible")
        clock.step(57 * 365 * DAY)
        buttons.events.append(Pressed("P", at_ns=0))
        work()
        answer = desk.last_press.get(clock.now(), within_s=10)
        assert answer is not None and answer.visit_id is not None

    def test_a_database_that_cannot_be_written_is_said_on_the_screen_too(
        self, broken_desk: FrontDesk
    ) -> None:
        buttons = HandButtons()
        buttons.events.append(Pressed("P", at_ns=0))
        step(PressDuty(broken_desk, buttons), broken_desk.changes)
        answer = broken_desk.last_press.get(broken_desk.clock.now(), within_s=10)
        assert answer is not None and (answer.visit_id, answer.problem) == (None, "store_read_only")

    def test_an_answer_is_on_the_screen_for_its_time_only(
        self, desk: FrontDesk, buttons: HandButtons, work: Callable[[], None], clock: ManualClock
    ) -> None:
        buttons.events.append(Pressed("P", at_ns=0))
        work()
        clock.advance(10.1)
        assert desk.last_press.get(clock.now(), within_s=10) is None

    def test_a_button_that_is_stuck_is_told_until_it_is_let_go(
        self, desk: FrontDesk, buttons: HandButtons, work: Callable[[], None]
    ) -> None:
        buttons.events.append(Stuck("P", at_ns=0))
        work()
        report = desk.health.of("buttons")
        assert report is not None and (report.problem, report.detail) == ("stuck", "P")
        buttons.events.append(Unstuck("P", at_ns=0))
        work()
        report = desk.health.of("buttons")
        assert report is not None and (report.state, report.problem) == (DeviceState.READY, None)

    def test_a_button_of_no_service_gives_no_number(
        self, desk: FrontDesk, buttons: HandButtons, work: Callable[[], None]
    ) -> None:
        buttons.events.append(Pressed("Z", at_ns=0))
        with pytest.raises(NoSuchService):
            work()
        assert desk.store.read(kinds) == []


@pytest.fixture
def broken_desk(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    """A front desk whose database cannot be used: a folder stands in its place."""
    (tmp_path / FILE).mkdir()
    desk = assemble(load_office("1373"), config.parse(CONFIG.format(office="1373")), clock, tmp_path)
    desk.store.open()
    yield desk
    desk.store.close()


class TestCards:
    """What a card on the reader does."""

    @pytest.fixture
    def lay_down(self, desk: FrontDesk) -> Callable[..., Tap | None]:
        """Lays a card on the reader; gives what the desk then shows."""
        reader = HandReader()
        duty = CardDuty(desk, reader)

        def tap(event: CardSeen | CardGone | Unreadable) -> Tap | None:
            reader.events.append(event)
            step(duty, desk.changes)
            return desk.last_tap.get(desk.clock.now())

        return tap

    @pytest.fixture
    def logged_in(self, desk: FrontDesk, officer: Member) -> str:
        """The officer sits at the first desk; gives the cookie."""
        return desk.store.write(sessions.log_in, officer, place=PLACE)

    @pytest.fixture
    def bound(self, rina: Officer, served: Callable[[], Visit], lay_down: Callable[..., Tap | None]) -> Visit:
        tap = lay_down(CardSeen(KTP))
        assert tap is not None and tap.kind == "new"
        return rina.take_in(served(), locker="2", id_type="ktp", card_hash=tap.card_hash)

    def openings(self, desk: FrontDesk) -> list[str]:
        def asked(db: sqlite3.Connection) -> list[str]:
            return [row["why"] for row in db.execute("SELECT why FROM unlock ORDER BY id")]

        return desk.store.read(asked)

    def test_a_known_card_puts_its_visit_before_the_officer_and_opens_its_locker(
        self,
        desk: FrontDesk,
        bound: Visit,
        logged_in: str,
        lay_down: Callable[..., Tap | None],
        clock: ManualClock,
    ) -> None:
        clock.advance(60)
        tap = lay_down(CardSeen(KTP))
        assert tap is not None and (tap.kind, tap.visit_id) == ("known", bound.id)
        assert self.openings(desk) == ["deposit", "access"]
        session = desk.store.read(sessions.session_of, logged_in, clock.now(), desk.limits)
        assert session.focus == bound.id

    def test_a_card_that_is_laid_down_again_at_once_does_not_open_the_door_twice(
        self,
        desk: FrontDesk,
        bound: Visit,
        logged_in: str,
        lay_down: Callable[..., Tap | None],
        clock: ManualClock,
    ) -> None:
        clock.advance(9)
        assert lay_down(CardSeen(KTP)) is not None
        assert self.openings(desk) == ["deposit"]

    def test_without_an_officer_no_card_opens_a_door(
        self, desk: FrontDesk, bound: Visit, lay_down: Callable[..., Tap | None], clock: ManualClock
    ) -> None:
        clock.advance(3600)
        tap = lay_down(CardSeen(KTP))
        assert tap is not None and tap.kind == "known"
        assert self.openings(desk) == ["deposit"]

    def test_a_card_that_cannot_be_read_is_asked_for_once_more(
        self, lay_down: Callable[..., Tap | None]
    ) -> None:
        tap = lay_down(Unreadable("card_reader", "moved"))
        assert tap is not None and tap.kind == "unreadable"

    def test_taking_a_card_away_leaves_what_it_said_on_the_page(
        self, lay_down: Callable[..., Tap | None]
    ) -> None:
        shown = lay_down(CardSeen(KTP))
        assert lay_down(CardGone()) == shown

    def test_a_clock_that_went_back_does_not_keep_anybody_from_their_card(
        self, desk: FrontDesk, bound: Visit, lay_down: Callable[..., Tap | None], clock: ManualClock
    ) -> None:
        clock.step(-57 * 365 * DAY)
        tap = lay_down(CardSeen(KTP))
        assert tap is not None and tap.kind == "known"

    def test_each_tap_is_news_for_the_pages(
        self, desk: FrontDesk, lay_down: Callable[..., Tap | None]
    ) -> None:
        before = desk.changes.count
        lay_down(CardSeen(None))
        assert desk.changes.count > before


class TestVoice:
    """Calls are spoken one after the other, or not at all."""

    @pytest.fixture
    def speaker(self) -> HandSpeaker:
        return HandSpeaker()

    @pytest.fixture
    def work(self, desk: FrontDesk, speaker: HandSpeaker) -> Callable[[], None]:
        duty = VoiceDuty(desk, speaker, ("id", "en"))
        return lambda: step(duty, desk.changes)

    def voices(self, desk: FrontDesk) -> list[str]:
        return desk.store.read(
            lambda db: [row["voice"] for row in db.execute("SELECT voice FROM call ORDER BY id")]
        )

    def test_a_call_is_said_in_each_language_as_a_person_says_it(
        self,
        desk: FrontDesk,
        rina: Officer,
        issue: Callable[..., Visit],
        speaker: HandSpeaker,
        work: Callable[[], None],
    ) -> None:
        rina.call(issue())
        work()
        ((indonesian, english),) = speaker.said
        assert indonesian == Phrase("id", "Nomor antrean, pe satu. Silakan menuju Meja Layanan 1.")
        assert (english.language, "P one" in english.text) == ("en", True)
        assert self.voices(desk) == ["spoken"]
        work()
        assert len(speaker.said) == 1, "said once"

    def test_calls_are_said_in_their_order_and_their_kind_is_heard(
        self,
        desk: FrontDesk,
        rina: Officer,
        issue: Callable[..., Visit],
        speaker: HandSpeaker,
        work: Callable[[], None],
    ) -> None:
        first, _ = rina.call(issue()), rina.call(issue())
        for _ in range(2):
            desk.store.write(tickets.recall, first.id, staff=rina.id)
        for _ in range(4):
            work()
        said = [phrases[0].text for phrases in speaker.said]
        assert ["pe satu" in text for text in said] == [True, False, True, True]
        assert len(set(said)) == 4, "call, recall and last call differ"

    @pytest.mark.parametrize(("after_s", "outcome"), [(STALE_S, "spoken"), (STALE_S + 0.1, "skipped")])
    def test_a_call_that_is_long_past_is_not_said(
        self,
        desk: FrontDesk,
        rina: Officer,
        issue: Callable[..., Visit],
        speaker: HandSpeaker,
        work: Callable[[], None],
        clock: ManualClock,
        after_s: float,
        outcome: str,
    ) -> None:
        rina.call(issue())
        clock.advance(after_s)
        work()
        assert self.voices(desk) == [outcome]
        assert len(speaker.said) == (outcome == "spoken")

    def test_a_call_from_before_the_restart_is_not_said(
        self,
        desk: FrontDesk,
        rina: Officer,
        issue: Callable[..., Visit],
        speaker: HandSpeaker,
        work: Callable[[], None],
        clock: ManualClock,
    ) -> None:
        rina.call(issue())
        clock.reboot()
        work()
        assert (speaker.said, self.voices(desk)) == ([], ["skipped"])

    def test_a_loudspeaker_that_fails_loses_one_call_and_not_the_next(
        self,
        desk: FrontDesk,
        rina: Officer,
        issue: Callable[..., Visit],
        speaker: HandSpeaker,
        work: Callable[[], None],
    ) -> None:
        rina.call(issue())
        rina.call(issue())
        speaker.errors.append(Lost("voice"))
        with pytest.raises(Lost):
            work()
        work()
        assert self.voices(desk) == ["skipped", "spoken"]

    def test_nothing_is_said_without_a_call(self, speaker: HandSpeaker, work: Callable[[], None]) -> None:
        work()
        assert speaker.said == []


class TestKeeper:
    """What is due by time, and what time never does."""

    @pytest.fixture
    def keep_house(self, desk: FrontDesk) -> Callable[[], None]:
        """One round of a keeper that has just begun, rare work included."""
        return lambda: step(KeeperDuty(desk), desk.changes)

    def test_the_page_is_turned_at_midnight_without_a_visitor(
        self,
        desk: FrontDesk,
        issue: Callable[..., Visit],
        clock: ManualClock,
        keep_house: Callable[[], None],
    ) -> None:
        visit = issue()
        keep_house()
        assert desk.store.read(visits.get, visit.id).is_open
        clock.advance(DAY)
        keep_house()
        assert desk.store.read(days.current) is None
        assert desk.store.read(visits.get, visit.id).state == "closed_by_system"

    def test_cards_and_bags_stay_however_long_it_takes(
        self,
        desk: FrontDesk,
        rina: Officer,
        served: Callable[[], Visit],
        clock: ManualClock,
        keep_house: Callable[[], None],
    ) -> None:
        rina.take_in(served(), locker="1", id_type="ktp", card_hash=KTP.keyed_hash(desk.keys.of_day(1)))
        for _ in range(3):
            clock.advance(100 * DAY)
            keep_house()
        assert [one.locker for one in desk.store.read(lockers.still_here)] == ["1"]
        assert list((desk.folder / "keys").iterdir()) == [desk.folder / "keys" / "card-1.key"]

    def test_the_key_of_a_day_goes_with_its_last_card(
        self,
        desk: FrontDesk,
        rina: Officer,
        served: Callable[[], Visit],
        clock: ManualClock,
        keep_house: Callable[[], None],
    ) -> None:
        card_hash = KTP.keyed_hash(desk.keys.of_day(1))
        visit = rina.take_in(served(), id_type="ktp", card_hash=card_hash)
        rina.hand_back(visit.deposit_id)
        keep_house()
        assert desk.keys.of_day(1) and KTP.keyed_hash(desk.keys.of_day(1)) == card_hash, "today's key stays"
        clock.advance(DAY)
        keep_house()
        assert list((desk.folder / "keys").iterdir()) == []

    def test_an_opening_that_nobody_carries_out_is_said_to_have_expired(
        self, desk: FrontDesk, rina: Officer, clock: ManualClock, keep_house: Callable[[], None]
    ) -> None:
        """With the locks unplugged there is no door duty to say so."""
        desk.store.write(lockers.ask_unlock, lockers.Opening("1", "test", None, rina.id))
        clock.advance(6)
        keep_house()
        assert desk.store.read(kinds)[-1] == "unlock.expired"

    def test_sessions_that_time_has_ended_are_put_away(
        self, desk: FrontDesk, officer: Member, clock: ManualClock, keep_house: Callable[[], None]
    ) -> None:
        def count(db: sqlite3.Connection) -> int:
            return int(db.execute("SELECT count(*) FROM staff_session").fetchone()[0])

        desk.store.write(sessions.log_in, officer, place=PLACE)
        keep_house()
        assert desk.store.read(count) == 1
        clock.advance(desk.limits.cap_s + 1)
        keep_house()
        assert desk.store.read(count) == 0

    def test_a_database_that_is_well_again_is_noticed_without_a_visitor(
        self, broken_desk: FrontDesk, desk: FrontDesk
    ) -> None:
        duty = KeeperDuty(broken_desk)
        step(duty, broken_desk.changes)
        assert broken_desk.store.problem is not None
        desk.store.checkpoint()
        (broken_desk.folder / FILE).rmdir()
        (broken_desk.folder / FILE).write_bytes(desk.store.path.read_bytes())
        step(duty, broken_desk.changes)
        assert broken_desk.store.problem is None
        assert broken_desk.store.read(kinds) == ["store.recovered"]
