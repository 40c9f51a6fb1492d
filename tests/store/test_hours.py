"""Numbers within the hours, the office's own days, the reminders, and who is let in by a doubtful clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest

from appliance import office_hours, orders, reminders, special_days, tickets
from appliance.clock import ManualClock, Moment, Quality
from appliance.duties.hours import HoursWatch
from appliance.duties.press import PressDuty
from appliance.duties.voice import VoiceDuty
from appliance.errors import Invalid, NotNow, ServiceClosed
from appliance.front_desk import FrontDesk
from appliance.office import Day
from appliance.orders import Order
from appliance.special_days import Wanted
from appliance.visits import Request, Visit
from drivers.base import Pressed
from tests.conftest import had_a_day
from tests.store.conftest import Officer, step
from tests.store.devices import HandButtons, HandSpeaker

HOUR = 3600.0
CLOSES_IN = 6.5 * HOUR  # the clock stands at 09.00; the office closes at 15.30


def take(desk: FrontDesk, name: str = "touch") -> Visit:
    """A visitor touches the screen."""
    request = Request(name, "library", "kiosk")
    return desk.store.write(office_hours.within, desk.hours, tickets.issue, desk.office, request)


def enter(desk: FrontDesk, staff: int, today: date = date(2026, 11, 23), **form: str) -> int:
    wish = special_days.wanted({"first": "2026-11-23", "kind": "closed", "reason_id": "Rapat", **form}, today)
    return desk.store.write(special_days.add, wish, staff=staff)


# ------------------------------------------------------------------------------------------ numbers


def test_a_number_is_given_within_the_hours_and_not_outside(desk: FrontDesk, clock: ManualClock) -> None:
    assert take(desk).number == "P001"
    clock.advance(CLOSES_IN)
    with pytest.raises(ServiceClosed, match="closed until 2026-11-24 08:00"):
        take(desk, "late")
    assert desk.store.read(tickets.waiting, 1)[0].number == "P001"


def test_a_request_that_has_its_number_keeps_it_after_closing(desk: FrontDesk, clock: ManualClock) -> None:
    first = take(desk)
    clock.advance(CLOSES_IN)

    assert take(desk).id == first.id


def test_a_number_for_after_the_break_can_be_taken_in_it(desk: FrontDesk, clock: ManualClock) -> None:
    clock.advance(3.5 * HOUR)

    assert take(desk).number == "P001"


def test_an_officer_gives_a_number_at_any_hour(desk: FrontDesk, clock: ManualClock, rina: Officer) -> None:
    clock.advance(CLOSES_IN)

    assert (
        rina.desk.store.write(tickets.issue, desk.office, Request("desk", "library", "desk")).number == "P001"
    )


def test_another_machine_gets_no_number_outside_of_the_hours_but_its_old_one(
    desk: FrontDesk, clock: ManualClock
) -> None:
    order = Order(service="library")
    given = desk.store.write(orders.place, desk.office, desk.hours, order, "one")
    clock.advance(CLOSES_IN)

    assert desk.store.write(orders.place, desk.office, desk.hours, order, "one").visit.id == given.visit.id
    with pytest.raises(ServiceClosed):
        desk.store.write(orders.place, desk.office, desk.hours, order, "two")


def test_hours_that_are_switched_off_keep_nobody_away(desk: FrontDesk, clock: ManualClock) -> None:
    clock.advance(CLOSES_IN)
    heard = desk.changes.count
    desk.hours.enforce(False)

    assert desk.changes.count > heard
    assert desk.store.read(desk.hours.look, clock.now()) is None
    assert take(desk).number == "P001"


# ------------------------------------------------------------------------------------------ a doubtful clock


def test_nobody_is_sent_away_by_a_clock_that_nobody_vouches_for(desk: FrontDesk, clock: ManualClock) -> None:
    night = replace(clock.now(), wall=datetime.fromisoformat("2026-11-23T20:00:00+00:00"))
    stale = replace(night, quality=Quality.STALE)

    assert judged(desk, night) == "closed"
    assert judged(desk, replace(night, quality=Quality.RTC)) == "closed"
    assert judged(desk, stale) is None


def test_hours_are_not_judged_while_the_date_is_in_doubt(desk: FrontDesk, clock: ManualClock) -> None:
    clock.advance(CLOSES_IN)
    assert judged(desk, clock.now()) == "closed"

    had_a_day(desk, "2026-12-01")
    desk.store.write(lambda tx: tx.record("day.opened", date="2026-12-01"))

    assert judged(desk, clock.now()) is None


def judged(desk: FrontDesk, now: Moment) -> str | None:
    stands = desk.store.read(desk.hours.look, now)
    return stands.state if stands else None


# ------------------------------------------------------------------------------------- the office's own days


def test_an_exception_holds_at_once_and_until_it_is_withdrawn(desk: FrontDesk, rina: Officer) -> None:
    exception = enter(desk, rina.id)
    with pytest.raises(ServiceClosed):
        take(desk)

    desk.store.write(special_days.withdraw, exception, staff=rina.id)

    assert take(desk).number == "P001"
    with pytest.raises(NotNow):
        desk.store.write(special_days.withdraw, exception, staff=rina.id)
    (listed,) = desk.store.read(special_days.entered, 10)
    assert (listed.by, listed.withdrawn_by, listed.withdrawn) == ("Rina Marlina", "Rina Marlina", True)


def test_an_exception_with_hours_comes_back_as_it_was_entered(desk: FrontDesk, rina: Officer) -> None:
    enter(
        desk,
        rina.id,
        kind="hours",
        opens="09.00",
        closes="12:00",
        pause_from="10:00",
        pause_to="10:15",
        reason_id=" Senam   pagi ",
        reason_en="Morning exercise",
    )

    (found,) = desk.store.read(special_days.in_force, date(2026, 11, 23))

    assert found.hours == Day.model_validate({"open": "09:00", "close": "12:00", "pause": ("10:00", "10:15")})
    assert (found.reason.id, found.reason.en) == ("Senam pagi", "Morning exercise")
    assert desk.store.read(special_days.in_force, date(2026, 11, 24)) == []


@pytest.mark.parametrize(
    ("form", "field", "key"),
    [
        ({"first": ""}, "first", "hours.no_date"),
        ({"first": "23/11/2026"}, "first", "hours.no_date"),
        ({"first": "2026-11-22"}, "first", "hours.is_over"),
        ({"last": "besok"}, "last", "hours.no_date"),
        ({"last": "2026-11-22"}, "last", "hours.last_before_first"),
        ({"last": "2027-11-22"}, "last", "hours.too_many_days"),
        ({"first": "2062-11-23"}, "first", "hours.too_far"),
        ({"reason_id": "  "}, "reason_id", "hours.reason_needed"),
        ({"reason_id": "a" * 81}, "reason_id", "err.too_long"),
        ({"reason_en": "a" * 81}, "reason_en", "err.too_long"),
        ({"kind": "hours"}, "opens", "hours.no_time"),
        ({"kind": "hours", "opens": "09:00", "closes": "25:00"}, "closes", "hours.no_time"),
        ({"kind": "hours", "opens": "09:00", "closes": "08:00"}, "closes", "hours.closes_first"),
        (
            {
                "kind": "hours",
                "opens": "09:00",
                "closes": "12:00",
                "pause_from": "12:00",
                "pause_to": "13:00",
            },
            "pause_from",
            "hours.pause_outside",
        ),
        (
            {"kind": "hours", "opens": "09:00", "closes": "12:00", "pause_from": "10:00"},
            "pause_to",
            "hours.no_time",
        ),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(form: dict[str, str], field: str, key: str) -> None:
    whole = {"first": "2026-11-23", "kind": "closed", "reason_id": "Rapat", **form}

    with pytest.raises(Invalid) as error:
        special_days.wanted(whole, date(2026, 11, 23))

    assert error.value.fields[field].key == key


def test_an_exception_without_english_is_told_in_indonesian() -> None:
    wish = special_days.wanted({"first": "2026-11-23", "reason_id": "Rapat"}, date(2026, 11, 23))

    assert wish == Wanted(wish.first, wish.first, None, wish.reason)
    assert (wish.reason.id, wish.reason.en) == ("Rapat", "Rapat")


# ------------------------------------------------------------------------------------------ a press


@pytest.fixture
def press(desk: FrontDesk) -> Callable[[], None]:
    """Presses the library's button."""
    buttons = HandButtons()
    duty = PressDuty(desk, buttons)

    def do() -> None:
        buttons.events.append(Pressed("P", 0))
        step(duty, desk.changes)

    return do


@pytest.fixture
def speaker() -> HandSpeaker:
    return HandSpeaker()


@pytest.fixture
def speak(desk: FrontDesk, speaker: HandSpeaker) -> Callable[[], None]:
    """One step of the voice."""
    duty = VoiceDuty(desk, speaker, ("id", "en"))
    return lambda: step(duty, desk.changes)


def test_a_press_outside_of_the_hours_gives_no_number_and_says_when_to_come(
    desk: FrontDesk,
    clock: ManualClock,
    press: Callable[[], None],
    speak: Callable[[], None],
    speaker: HandSpeaker,
) -> None:
    clock.advance(CLOSES_IN)
    press()
    speak()

    answer = desk.last_press.get(clock.now(), 10)
    assert answer is not None
    assert (answer.visit_id, answer.problem) == (None, "service_closed")
    ((indonesian, english),) = speaker.said
    assert indonesian.text.endswith("Buka kembali Selasa, 24 November 2026, pukul 8.")
    assert english.text.endswith("We open again on Tuesday, 24 November 2026, at 8.")


def test_an_impatient_finger_is_told_once_in_a_while(
    desk: FrontDesk,
    clock: ManualClock,
    press: Callable[[], None],
    speak: Callable[[], None],
    speaker: HandSpeaker,
) -> None:
    clock.advance(CLOSES_IN)
    for _ in range(5):
        press()
        speak()
        clock.advance(2)
    assert len(speaker.said) == 1
    clock.advance(30)
    press()
    speak()
    assert len(speaker.said) == 2


# ------------------------------------------------------------------------------------------ the reminders


@pytest.fixture
def watch(desk: FrontDesk) -> HoursWatch:
    return HoursWatch(desk)


def waiting_words(desk: FrontDesk) -> list[str]:
    found = []
    while (one := desk.announcements.next()) is not None:
        found.append(one.texts["id"])
    return found


def test_reminders_are_said_once_each_while_a_bag_is_here(
    desk: FrontDesk, clock: ManualClock, watch: HoursWatch, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = rina.take_in(served(), "1", "ktp")
    clock.advance(CLOSES_IN - 31 * 60)
    watch.look()
    assert waiting_words(desk) == []
    clock.advance(60)
    watch.look()
    watch.look()
    (said,) = waiting_words(desk)
    assert "tutup 30 menit lagi" in said
    clock.advance(20 * 60)
    HoursWatch(desk).look()  # another start of the program
    assert "tutup 10 menit lagi" in waiting_words(desk)[0]
    HoursWatch(desk).look()
    assert waiting_words(desk) == []
    rina.hand_back(visit.deposit_id)
    assert desk.store.read(reminders.soon, desk.hours, desk.office.opening_rules, clock.now()) is None


def test_nobody_is_reminded_of_nothing(desk: FrontDesk, clock: ManualClock, watch: HoursWatch) -> None:
    clock.advance(CLOSES_IN - 5 * 60)
    watch.look()

    assert waiting_words(desk) == []


def test_after_a_late_start_only_the_last_reminder_is_said_with_the_minutes_as_they_are(
    desk: FrontDesk, clock: ManualClock, rina: Officer, served: Callable[[], Visit]
) -> None:
    rina.take_in(served(), "1")
    clock.advance(CLOSES_IN - 4 * 60)
    watch = HoursWatch(desk)
    watch.look()
    watch.look()

    (said,) = waiting_words(desk)
    assert "tutup 4 menit lagi" in said


def test_pages_hear_of_opening_and_closing(desk: FrontDesk, clock: ManualClock, watch: HoursWatch) -> None:
    watch.look()
    heard = desk.changes.count
    watch.look()
    assert desk.changes.count == heard
    clock.advance(3 * HOUR)
    watch.look()
    assert desk.changes.count == heard + 1
    clock.advance(3.5 * HOUR)
    watch.look()
    assert desk.changes.count == heard + 2


# ------------------------------------------------------------------------------------------ read aloud


def test_a_call_goes_before_the_next_sentence_of_a_text(
    desk: FrontDesk,
    rina: Officer,
    issue: Callable[..., Visit],
    speak: Callable[[], None],
    speaker: HandSpeaker,
) -> None:
    desk.announcements.read("standard", ["Satu.", "Dua."], "id")
    speak()
    rina.call(issue())
    speak()
    speak()

    assert [phrases[0].text for phrases in speaker.said] == [
        "Satu.",
        "Nomor antrean, pe satu. Silakan menuju Meja Layanan 1.",
        "Dua.",
    ]
    assert speaker.chimes == [False, True, False]


def test_reading_can_be_stopped_and_ends_by_itself(desk: FrontDesk) -> None:
    desk.announcements.read("one", ["Satu.", "Dua."], "id")
    assert desk.announcements.next() is not None
    desk.announcements.stop()
    assert desk.announcements.next() is None


def test_pages_hear_that_a_text_has_ended(desk: FrontDesk) -> None:
    desk.announcements.read("two", ["Tiga."], "id")
    assert desk.announcements.reading == "two"
    assert desk.announcements.next() is not None
    heard = desk.changes.count
    assert desk.announcements.next() is None
    assert desk.changes.count == heard + 1
    assert desk.announcements.reading != "two"


def test_what_was_not_said_in_its_time_is_not_said_at_all(desk: FrontDesk, clock: ManualClock) -> None:
    desk.announcements.make("closed", {"id": "Tutup"})
    clock.advance(61)

    assert desk.announcements.next() is None
