"""Cards and lockers at the desk: a tap, one click, a door; and the page of all lockers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from appliance import journal, lockers, printing
from appliance.cards import TAP_LASTS_S, Kind, Tap
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Unlock, Wanted
from appliance.staff import Member
from appliance.visits import Visit
from drivers.base import DeviceState, Door
from tests.web.desk.conftest import Officer, Page

Issue = Callable[..., Visit]

CARD = "c0ffee" * 10 + "abcd"


@pytest.fixture
def served(rina: Officer, issue: Issue) -> Visit:
    """A visit that is being served by the officer."""
    visit = issue("other")
    rina.next()
    rina.click(visit, "serve")
    return visit


@pytest.fixture
def tap(desk: FrontDesk) -> Callable[..., Tap]:
    """Lays a card on the reader; gives what it means."""

    def lay(kind: Kind = "new", card_hash: str | None = CARD, visit_id: int | None = None) -> Tap:
        seen = Tap(kind, desk.clock.now(), visit_id, card_hash=card_hash)
        desk.last_tap.show(seen)
        return seen

    return lay


@pytest.fixture
def kept(desk: FrontDesk, rina: Officer, served: Visit) -> Visit:
    """A visit with its bag in locker 2 and its card in a pocket; the door has opened for it and is closed."""
    rina.click(served, "deposit", locker="2", id_type="ktp")
    end_unlock(desk, "opened")
    desk.doors.say("2", Door.CLOSED)
    return rina.see(served)


def end_unlock(desk: FrontDesk, state: str) -> None:
    """What the thread of the locks does: the door is commanded, and this came of it."""
    unlock = desk.store.read(lockers.next_unlock)
    assert unlock is not None
    assert desk.store.write(lockers.command, unlock.id)
    desk.store.write(lockers.end_unlock, unlock.id, state)


def bind(rina: Officer, visit: Visit, **form: str) -> Page:
    """Press the page's own button: its tap goes along."""
    hidden = re.search(r'name="tap" value="(\d+)"', rina.look().html)
    return rina.click(visit, "deposit", **({"tap": hidden[1]} if hidden else {}), **form)


def unlock_of(desk: FrontDesk, locker: str) -> Unlock:
    found = desk.store.read(lockers.last_unlock, locker)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------ taking in


def test_one_click_binds_the_locker_that_is_free_opens_it_and_prints_the_slip(
    desk: FrontDesk, rina: Officer, served: Visit, tap: Callable[..., Tap], officer: Member
) -> None:
    tap()
    page = rina.look()
    assert page.step == "Pakai loker 1 dan buka"
    assert "Kartu terbaca" in page.column("now")
    assert CARD not in page.html

    page = bind(rina, served, locker="1", id_type="ktp")

    assert "Loker 1 Kantong 1 KTP" in page.column("now")
    assert "Loker 1 akan dibuka" in page.column("now")
    unlock = unlock_of(desk, "1")
    assert (unlock.why, unlock.state, unlock.visit_id) == ("deposit", "asked", served.id)
    assert desk.store.read(printing.of_visit, served.id, "locker_slip") is not None
    bound = desk.store.read(lockers.of_card, CARD)
    assert bound is not None and bound.visit_id == served.id
    assert desk.last_tap.get(desk.clock.now()) is None, "the tap has been used"
    kinds = {one.kind: one.staff_id for one in desk.store.read(journal.of_visit, served.id)}
    assert kinds["deposit.opened"] == kinds["unlock.asked"] == officer.id


def test_a_card_that_was_changed_for_another_before_the_click_is_not_bound(
    desk: FrontDesk, rina: Officer, served: Visit, tap: Callable[..., Tap], clock: ManualClock
) -> None:
    first = tap()
    clock.advance(2)
    tap(card_hash="d" * 64)

    page = rina.click(served, "deposit", tap=str(first.at.mono_ns), locker="1", id_type="ktp")

    assert "Kartunya berganti atau terlalu lama." in page.column("now")
    assert desk.store.read(lockers.still_here) == []


def test_a_card_that_was_laid_down_too_long_ago_is_not_bound(
    rina: Officer, served: Visit, tap: Callable[..., Tap], clock: ManualClock
) -> None:
    seen = tap()
    clock.advance(TAP_LASTS_S + 1)

    page = rina.click(served, "deposit", tap=str(seen.at.mono_ns), locker="1", id_type="ktp")

    assert "Tempelkan sekali lagi." in page.column("now")


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("again", "Angkat kartu, lalu tempelkan sekali lagi"),
        ("random", "Slip menggantikannya."),
        ("no_uid", "Slip menggantikannya."),
        ("unreadable", "Kartu tidak terbaca."),
        ("known", "Kartu ini milik pengunjung lain."),
    ],
)
def test_a_card_that_cannot_be_bound_is_said_in_words_and_the_slip_can_take_its_place(
    desk: FrontDesk, rina: Officer, served: Visit, tap: Callable[..., Tap], kind: Kind, words: str
) -> None:
    tap(kind, visit_id=99 if kind == "known" else None)
    page = rina.look()
    assert words in page.column("now")
    assert page.step == "Selesai dilayani"

    bind(rina, served, locker="1", id_type="passport")

    deposit = desk.store.read(lockers.still_here)[0]
    assert (deposit.locker, deposit.pocket, deposit.id_type) == ("1", 1, "passport")
    assert desk.store.read(lockers.of_card, CARD) is None


def test_without_a_visitor_at_the_desk_a_new_card_asks_for_one(
    rina: Officer, tap: Callable[..., Tap]
) -> None:
    tap()

    assert "Pilih pengunjungnya dulu." in rina.look().column("now")


def test_a_reader_that_is_not_there_is_not_waited_for(desk: FrontDesk, rina: Officer, served: Visit) -> None:
    desk.health.report("card_reader", DeviceState.READY)
    assert "Tempelkan kartu pada pembaca" in rina.look().column("now")

    desk.health.report("card_reader", DeviceState.LOST, "missing")

    assert "Pembaca kartu tidak siap." in rina.look().column("now")


@pytest.mark.parametrize(
    ("locker", "id_type", "kept"),
    [
        ("3", "sim", ("3", 1, "sim")),
        ("", "student_card", (None, 1, "student_card")),
        ("2", "", ("2", None, None)),
    ],
)
def test_another_locker_no_bag_and_no_card_are_each_one_click(
    desk: FrontDesk,
    rina: Officer,
    served: Visit,
    locker: str,
    id_type: str,
    kept: tuple[str | None, int | None, str | None],
) -> None:
    bind(rina, served, locker=locker, id_type=id_type)

    deposit = desk.store.read(lockers.still_here)[0]
    assert (deposit.locker, deposit.pocket, deposit.id_type) == kept


def test_neither_bag_nor_card_is_nothing_to_keep(rina: Officer, served: Visit) -> None:
    page = bind(rina, served, locker="", id_type="")

    assert "Pilih loker, jenis kartu, atau keduanya." in page.column("now")


def test_a_locker_that_somebody_else_was_given_meanwhile_is_refused(
    desk: FrontDesk, rina: Officer, served: Visit, issue: Issue, officer: Member
) -> None:
    desk.store.write(lockers.take_in, issue().id, Wanted("1", None), pockets=12, staff=officer.id)

    page = bind(rina, served, locker="1", id_type="ktp")

    assert "Loker ini terpakai" in page.column("now")
    assert rina.see(served).deposit_id is None


@pytest.mark.parametrize(("locker", "id_type"), [("9", "ktp"), ("1", "library_card")])
def test_what_the_office_does_not_have_is_no_choice(
    rina: Officer, served: Visit, locker: str, id_type: str
) -> None:
    form = {"locker": locker, "id_type": id_type}

    assert rina.client.post(f"/desk/visits/{served.id}/deposit", data=form).status_code == 400


def test_when_all_lockers_are_taken_the_card_alone_is_kept(
    desk: FrontDesk, rina: Officer, served: Visit, issue: Issue, officer: Member, tap: Callable[..., Tap]
) -> None:
    for name in desk.lockers:
        desk.store.write(lockers.take_in, issue().id, Wanted(name, None), pockets=12, staff=officer.id)
    tap()

    page = rina.look()

    assert page.step == "Selesai dilayani"
    assert "Semua loker terpakai." in page.column("now")
    assert "Kartu saja" in page.column("now")


# ------------------------------------------------------------------------------------------ opening


@pytest.mark.parametrize(
    ("state", "words", "step"),
    [
        ("opened", "Kunjungan langsung ditutup.", "Tas diambil, kartu dikembalikan"),
        ("no_contact", "Periksa pintunya.", "Tas diambil, kartu dikembalikan"),
        ("still_closed", "Loker 2 tidak terbuka. Tarik pintunya atau coba lagi.", "Buka loker 2"),
        ("failed", "Loker 2 gagal dibuka.", "Buka loker 2"),
    ],
)
def test_a_bag_is_fetched_before_it_is_crossed_off(
    desk: FrontDesk, rina: Officer, kept: Visit, state: str, words: str, step: str
) -> None:
    page = rina.click(kept, "finish")
    assert page.step == "Buka loker 2"

    page = rina.click(kept, "open/return")
    assert page.step is None, "whoever presses the space bar twice must not cross off a bag"
    assert "Loker 2 akan dibuka" in page.column("now")

    end_unlock(desk, state)

    page = rina.look()
    assert (page.step, words in page.column("now")) == (step, True)


def test_a_bag_that_was_fetched_a_while_ago_may_be_back_in_its_locker(
    desk: FrontDesk, rina: Officer, kept: Visit, clock: ManualClock
) -> None:
    rina.click(kept, "finish")
    rina.click(kept, "open/access")
    end_unlock(desk, "opened")

    clock.advance(301)

    assert rina.look().step == "Buka loker 2"


def test_an_opening_that_nobody_carried_out_in_time_is_offered_again(
    desk: FrontDesk, rina: Officer, kept: Visit, clock: ManualClock
) -> None:
    rina.click(kept, "finish")
    rina.click(kept, "open/return")
    clock.advance(60)
    desk.store.write(lockers.expire)

    page = rina.look()

    assert page.step == "Buka loker 2"
    assert "Waktu habis: loker 2 tidak dibuka. Coba lagi." in page.column("now")


def test_a_visitor_who_is_still_served_can_have_the_locker_opened_for_a_moment(
    desk: FrontDesk, rina: Officer, kept: Visit
) -> None:
    assert "Pintu tertutup" in rina.look().column("now")

    rina.click(kept, "open/access")
    end_unlock(desk, "opened")
    desk.doors.say("2", Door.OPEN)

    page = rina.look()
    assert unlock_of(desk, "2").why == "access"
    assert "Pintu terbuka" in page.column("now")
    assert "pintu terbuka" in page.column("here")


# ------------------------------------------------------------------------------------------ handing back


def test_the_goodbye_is_one_click(desk: FrontDesk, rina: Officer, kept: Visit) -> None:
    rina.click(kept, "finish")
    rina.click(kept, "open/return")
    end_unlock(desk, "opened")

    page = rina.click(kept, "see-off", deposit=str(kept.deposit_id))

    assert (page.now, page.numbers("here")) == (None, [])
    assert rina.see(kept).state == "checked_out"
    assert desk.store.read(lockers.free, desk.lockers) == ["1", "2", "3"]


def test_a_bag_can_be_handed_back_to_somebody_who_stays(rina: Officer, kept: Visit) -> None:
    page = rina.click(kept, "hand-back", deposit=str(kept.deposit_id))

    assert (page.now, rina.see(kept).state) == (kept.label, "in_service")
    again = rina.click(kept, "hand-back", deposit=str(kept.deposit_id))
    assert "Tas dan kartu sudah dikembalikan." in again.column("now")


def test_a_goodbye_over_a_bag_that_the_page_did_not_show_is_refused(rina: Officer, kept: Visit) -> None:
    page = rina.click(kept, "see-off")

    assert "Masih ada tas atau kartu. Kembalikan dulu." in page.column("now")
    assert rina.see(kept).is_open


def test_a_card_without_a_bag_needs_no_door(rina: Officer, served: Visit) -> None:
    bind(rina, served, locker="", id_type="ktp")

    page = rina.click(served, "finish")

    assert page.step == "Kartu dikembalikan"


# ------------------------------------------------------------------------------------------ all lockers


def test_the_lockers_page_says_how_each_one_is(desk: FrontDesk, rina: Officer, kept: Visit) -> None:
    rina.client.post("/desk/lockers/3/out-of-order", data={"fault": "engsel patah"})
    desk.doors.say("1", Door.OPEN)

    words = Page(rina.client.get("/desk/lockers").text).words

    assert "Loker 1 Kosong Pintu terbuka Belum pernah dibuka" in words
    assert f"Loker 2 Terpakai Pintu tertutup Tas milik {kept.label}, sejak 09.00" in words
    assert "Loker 3 Rusak Pintu tidak diketahui engsel patah" in words


@pytest.mark.parametrize(
    ("reason", "words"), [("  ", "Tulis alasannya."), ("x" * 121, "Paling banyak 120 huruf.")]
)
def test_an_emergency_without_a_reason_opens_nothing_and_keeps_what_was_typed(
    desk: FrontDesk, rina: Officer, reason: str, words: str
) -> None:
    answer = rina.client.post("/desk/lockers/2/emergency", data={"reason": reason})

    assert answer.status_code == 422
    assert re.search(rf'id="reason"[^>]* value="{reason}"[^>]* aria-invalid="true"', answer.text)
    assert re.search(rf'id="reason-error">.*{words}', answer.text)
    assert desk.store.read(lockers.last_unlock, "2") is None


def test_an_emergency_is_written_down_with_its_reason_its_visit_and_its_officer(
    desk: FrontDesk, rina: Officer, kept: Visit, officer: Member
) -> None:
    answer = rina.client.post("/desk/lockers/2/emergency", data={"reason": "obat di dalam tas"})

    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/lockers/2")
    row = desk.store.read(
        lambda db: db.execute(
            "SELECT why, reason, visit_id, staff_id, state FROM unlock ORDER BY id DESC"
        ).fetchone()
    )
    assert tuple(row) == ("emergency", "obat di dalam tas", kept.id, officer.id, "asked")
    assert "Loker 2 akan dibuka" in rina.client.get("/desk/lockers/2").text
    assert rina.see(kept).deposit_id == kept.deposit_id, "the bag stays on the books"


def test_a_locker_out_of_order_is_not_offered_until_it_is_repaired(
    desk: FrontDesk, rina: Officer, served: Visit
) -> None:
    answer = rina.client.post("/desk/lockers/1/out-of-order", data={"fault": " "})
    assert answer.status_code == 422
    assert re.search(r'id="fault-error">.*Tulis alasannya\.', answer.text)

    rina.client.post("/desk/lockers/1/out-of-order", data={"fault": "kunci macet"})
    assert "Pakai loker 2 dan buka" in rina.look().column("now")
    assert "kunci macet" in rina.client.get("/desk/lockers/1").text

    rina.client.post("/desk/lockers/1/in-order")
    assert "Pakai loker 1 dan buka" in rina.look().column("now")


@pytest.mark.parametrize("path", ["", "/now", "/emergency", "/out-of-order", "/in-order"])
def test_a_locker_that_is_not_there_has_no_page(rina: Officer, path: str) -> None:
    method = rina.client.get if path in ("", "/now") else rina.client.post

    assert method(f"/desk/lockers/9{path}").status_code == 404
