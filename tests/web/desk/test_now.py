"""The visitor at the desk: the one next step, and what every other click comes to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from appliance import guestbook, journal, visits
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.invitations import LASTS_S
from appliance.staff import Member
from appliance.visits import Visit
from tests.web.desk.conftest import OFFICES, Officer

Issue = Callable[..., Visit]


# ------------------------------------------------------------------------------------------ step by step


def test_a_visit_goes_by_the_one_next_step_from_the_call_to_the_goodbye(
    desk: FrontDesk, rina: Officer, issue: Issue
) -> None:
    visit = issue()
    page = rina.next()
    assert (page.now, page.step) == ("P001", "Buku tamu di kiosk")

    page = rina.click(visit, "guest-book")
    assert page.step is None, "whoever presses the space bar twice must not skip the guest book"
    assert "Undangan tampil di kiosk" in page.column("now")
    assert [(one.visit_id, one.to) for one in desk.invitations.open()] == [(visit.id, "guest_book")]

    rina.sign(visit)
    page = rina.look()
    assert page.step == "Mulai layani"
    assert "Buku tamu sudah diisi" in page.column("now")

    page = rina.click(visit, "serve")
    assert page.step == "Selesai dilayani"

    page = rina.click(visit, "finish")
    assert page.step == "Pulang"

    page = rina.click(visit, "see-off")
    assert (page.now, page.step) == (None, None)
    assert rina.see(visit).state == "checked_out"


def test_an_invitation_that_nobody_took_up_is_offered_again(
    rina: Officer, issue: Issue, clock: ManualClock
) -> None:
    visit = issue()
    rina.next()
    rina.click(visit, "guest-book")

    clock.advance(LASTS_S + 1)

    assert rina.look().step == "Buku tamu di kiosk"


def test_what_an_officer_only_listens_to_needs_no_guest_book(rina: Officer, issue: Issue) -> None:
    issue("other")

    page = rina.next()

    assert page.step == "Mulai layani"
    assert "buku tamu tidak perlu diisi" in page.column("now")
    assert "Isi buku tamu di ponsel" not in page.column("now")


def test_the_phone_is_led_to_the_page_of_the_visit(rina: Officer, issue: Issue) -> None:
    visit = issue()

    html = rina.next().column_html("now")

    assert f"{rina.desk.config.panel.url}/v/{visit.token}" in html
    assert "<svg" in html


@pytest.fixture
def profile(tmp_path: Path) -> Callable[..., str]:
    """Writes Sawahlunto's profile with some lines changed; gives its path."""

    def change(**lines: str) -> str:
        text = (OFFICES / "1373.toml").read_text()
        for old, new in lines.items():
            assert f"{old} = " in text
            text = "\n".join(
                f"{old} = {new}" if line.startswith(f"{old} = ") else line for line in text.splitlines()
            )
        path = tmp_path / "office.toml"
        path.write_text(text)
        return str(path)

    return change


def test_with_the_national_guest_book_the_officer_says_when_it_is_filled_in(
    at_office: Callable[[str], Officer], profile: Callable[..., str]
) -> None:
    dewi = at_office(profile(mode='"national_link"'))
    visit = dewi.let_in()
    page = dewi.look()
    assert page.step == "Buku tamu sudah diisi"
    assert "https://perpustakaan.bps.go.id/digilib/guestbook" in page.words
    assert "Buku tamu di kiosk" not in page.words

    page = dewi.click(visit, "guest-book-done")

    assert page.step == "Mulai layani"
    assert "Sejak buku tamu diisi 0 mnt" in page.column("now")


def test_where_both_guest_books_count_either_will_do(
    at_office: Callable[[str], Officer], profile: Callable[..., str]
) -> None:
    dewi = at_office(profile(mode='"both"'))
    visit = dewi.let_in()
    page = dewi.look()
    assert page.step == "Buku tamu di kiosk"
    assert "Sudah diisi" in page.column("now")

    assert dewi.click(visit, "guest-book-done").step == "Mulai layani"


def test_an_office_that_asks_for_no_rating_does_not_offer_one(
    at_office: Callable[[str], Officer], profile: Callable[..., str]
) -> None:
    dewi = at_office(profile(rating="false"))
    visit = dewi.let_in("other")

    page = dewi.click(visit, "serve")

    assert "Minta penilaian" not in page.column("now")


# ------------------------------------------------------------------------------------------ the clock


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(300, "Dilayani dalam 5 menit 0 detik"), (301, "Dilayani dalam 5 menit 1 detik, batasnya 5 menit")],
)
def test_once_served_the_page_says_whether_the_promise_was_kept(
    rina: Officer, issue: Issue, clock: ManualClock, seconds: int, words: str
) -> None:
    visit = issue()
    rina.next()
    rina.sign(visit)
    clock.advance(seconds)
    assert "deadline__bar" in rina.look().column_html("now")

    page = rina.click(visit, "serve")

    assert words in page.column("now")
    assert ("batasnya" in page.column("now")) is (seconds > 300)
    assert "deadline__bar" not in page.column_html("now")


# ------------------------------------------------------------------------------------------ the others


def test_recalls_are_counted_and_the_third_call_is_the_last(rina: Officer, issue: Issue) -> None:
    visit = issue()
    rina.next()

    page = rina.click(visit, "recall")

    assert "dipanggil 2 kali" in page.column("now")
    assert "Panggilan terakhir" in page.column("now")


def test_whoever_comes_after_all_is_put_back_into_the_line(rina: Officer, issue: Issue) -> None:
    visit = issue()
    rina.next()
    rina.click(visit, "no-show")

    page = rina.click(visit, "revive")

    assert page.numbers("waiting") == ["P001"]


def test_a_held_number_goes_back_into_the_line_or_straight_to_the_desk(rina: Officer, issue: Issue) -> None:
    back, on = issue(), issue()
    for visit in (back, on):
        rina.click(visit, "hold")

    rina.click(back, "resume")
    page = rina.click(on, "call")

    assert (page.now, page.numbers("waiting")) == ("P002", ["P001"])


def test_a_transfer_moves_to_the_line_of_the_other_service(rina: Officer, issue: Issue) -> None:
    visit = issue()
    rina.next()

    page = rina.click(visit, "transfer", service="consultation")

    assert page.now is None
    assert "P001" in page.numbers("waiting")
    assert "Konsultasi Statistik" in page.column("waiting")
    assert "Layanan tidak dikenal" in rina.click(visit, "transfer", service="nothing").column("now")


def test_a_visit_that_came_to_nothing_is_cancelled(rina: Officer, issue: Issue) -> None:
    visit = issue()

    page = rina.click(visit, "cancel")

    assert page.numbers("waiting") == []
    assert rina.see(visit).state == "cancelled"


def test_the_rating_is_asked_for_on_the_kiosk_once(desk: FrontDesk, rina: Officer, issue: Issue) -> None:
    visit = issue("other")
    rina.next()
    rina.click(visit, "serve")

    page = rina.click(visit, "rating")

    assert [(one.visit_id, one.to) for one in desk.invitations.open()] == [(visit.id, "rating")]
    assert "Undangan menilai tampil di kiosk" in page.column("now")
    assert "Minta penilaian" not in page.column("now")


def test_every_change_keeps_the_officer_who_made_it(
    desk: FrontDesk, rina: Officer, issue: Issue, officer: Member
) -> None:
    visit = issue()
    for act in ("hold", "resume", "call", "recall", "no-show", "revive", "call", "guest-book-done"):
        rina.click(visit, act)
    for act in ("serve", "finish", "see-off"):
        rina.click(visit, act)

    entries = [one for one in desk.store.read(journal.of_visit, visit.id) if one.kind != "ticket.issued"]

    assert [one.kind for one in entries] == [
        "ticket.held",
        "ticket.resumed",
        "ticket.called",
        "ticket.called",
        "visit.no_show",
        "visit.revived",
        "ticket.called",
        "guest_book.confirmed",
        "visit.serving",
        "visit.finished",
        "visit.checked_out",
    ]
    assert {one.staff_id for one in entries} == {officer.id}


# ------------------------------------------------------------------------------------------ too late


def test_two_officers_who_press_next_get_different_visitors(
    rina: Officer, budi: Officer, issue: Issue
) -> None:
    issue(), issue()

    assert (rina.next().now, budi.next().now) == ("P001", "P002")
    assert "Tidak ada lagi yang menunggu." in budi.next().column("now")


@pytest.mark.parametrize(
    "act", ["call", "recall", "hold", "resume", "no-show", "cancel", "revive", "serve", "finish", "see-off"]
)
def test_a_click_on_what_has_changed_meanwhile_is_answered_calmly(
    rina: Officer, budi: Officer, issue: Issue, act: str
) -> None:
    visit = issue()
    budi.click(visit, "call")
    budi.click(visit, "serve")
    budi.click(visit, "finish")
    budi.click(visit, "see-off")

    page = rina.click(visit, act)

    assert "Keadaan sudah berubah." in page.column("now")
    assert rina.see(visit).state == "checked_out"


def test_a_visit_that_never_was_is_answered_calmly(rina: Officer) -> None:
    page = rina.post("/visits/99/call")

    assert "Kunjungan tidak ditemukan" in page.column("now")
    for act in ("guest-book", "rating"):
        assert "Keadaan sudah berubah." in rina.post(f"/visits/99/{act}").column("now")


def test_a_guest_book_that_is_filled_in_is_not_asked_for_again(
    desk: FrontDesk, rina: Officer, issue: Issue
) -> None:
    visit = issue()
    desk.store.write(guestbook.confirm_elsewhere, visit.id, staff=None)  # type: ignore[arg-type]

    page = rina.click(visit, "guest-book")

    assert "Keadaan sudah berubah." in page.column("now")
    assert desk.invitations.open() == []


def test_only_what_an_officer_can_do_has_an_address(rina: Officer, issue: Issue) -> None:
    visit = issue()

    assert rina.client.post(f"/desk/visits/{visit.id}/delete").status_code == 404


def test_a_made_up_word_in_the_address_is_not_shown(rina: Officer) -> None:
    answer = rina.client.get("/desk/", query_string={"said": "<b>nonsense"})

    assert answer.status_code == 200
    assert "nonsense" not in answer.text.replace("%3Cb%3Enonsense", "").replace("said=", "")


# ------------------------------------------------------------------------------------------ the place


def test_the_officer_calls_to_the_desk_where_they_sit(rina: Officer, issue: Issue) -> None:
    issue()
    page = rina.post("/place", place="receptionist")
    assert "Sekarang Resepsionis" in page.column("now")

    rina.next()

    assert rina.see(1).place == "receptionist"


def test_a_desk_that_the_office_does_not_have_is_refused(rina: Officer) -> None:
    assert "Meja tidak dikenal" in rina.post("/place", place="roof").column("now")


def test_a_visit_is_taken_up_from_the_list_of_who_is_here(rina: Officer, budi: Officer, issue: Issue) -> None:
    visit = issue()
    budi.click(visit, "call")
    budi.click(visit, "serve")

    page = rina.click(visit, "focus")

    assert (page.now, page.step) == ("P001", "Selesai dilayani")


def test_a_visit_that_somebody_else_ended_leaves_the_desk(rina: Officer, budi: Officer, issue: Issue) -> None:
    visit = issue()
    rina.click(visit, "call")
    budi.click(visit, "cancel")

    assert rina.look().now is None
    assert rina.desk.store.read(visits.open_ones) == []
