"""What the next person at the kiosk, and anybody without a log-in, can find out about a visitor: nothing."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from appliance import ratings, staff, tickets, visits
from appliance.config import Config
from appliance.visits import Request
from tests.e2e.conftest import KIOSK, FrontDeskAtWork, at_work
from tests.e2e.morning import GUESTS, Morning
from tests.e2e.routes import NO_PAGES, PAGES
from tests.e2e.test_library import copied

NAME: Final = "Zulaikha Permatasari"
E_MAIL: Final = "zulaikha@contoh.id"
FORM_TIMEOUT_S: Final = 20
ASKS_FOR_S: Final = 30  # layout/kiosk.html


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDeskAtWork]:
    """A front desk whose kiosk forgets soon."""
    with at_work("1373", tmp_path_factory.mktemp("kiosk"), change=_impatient) as work:
        yield work


def _impatient(config: Config) -> Config:
    kiosk = config.kiosk.model_copy(update={"form_timeout": timedelta(seconds=FORM_TIMEOUT_S)})
    return config.model_copy(update={"kiosk": kiosk})


def _leave_it_alone(kiosk: Page) -> None:
    kiosk.clock.fast_forward(FORM_TIMEOUT_S * 1000)
    expect(kiosk.get_by_role("dialog")).to_be_visible()
    kiosk.clock.fast_forward(ASKS_FOR_S * 1000)


def _cancel(kiosk: Page) -> None:
    kiosk.get_by_text("Batalkan pengisian").click()
    kiosk.get_by_role("button", name="Ya, hapus isian saya").click()


def _finish(kiosk: Page) -> None:
    for question in kiosk.get_by_role("radio", name="Tidak ingin menjawab").all():
        question.check(force=True)
    kiosk.get_by_role("checkbox", name="Tidak ingin menjawab").check(force=True)
    kiosk.get_by_role("button", name="Lanjut").click()
    kiosk.get_by_role("button", name="Kirim").click()
    expect(kiosk.get_by_text("Petugas akan melayani Anda")).to_be_visible()
    kiosk.get_by_role("link", name="Selesai").or_(
        kiosk.get_by_role("link", name="Kembali ke awal")
    ).first.click()


@pytest.mark.parametrize("leave", [_leave_it_alone, _cancel, _finish])
def test_the_kiosk_keeps_nothing_of_a_visitor_who_has_left(
    leave: Callable[[Page], None], work: FrontDeskAtWork, new_page: Callable[..., Page]
) -> None:
    kiosk = new_page(KIOSK)
    kiosk.clock.install()
    _open_guest_book(kiosk, work, f"{leave.__name__}-first")
    kiosk.get_by_label("Nama lengkap").fill(NAME)
    kiosk.get_by_label("Alamat e-mail yang aktif").fill(E_MAIL)
    kiosk.get_by_label("Nama instansi, sekolah, atau kampus").fill("Universitas Andalas")
    kiosk.get_by_text("tercetak").first.click()
    kiosk.get_by_role("button", name="Lanjut").click()
    kiosk.get_by_label("Tahun lahir").fill("1987")  # entered, and not sent
    assert len(work.desk.drafts) == 1
    leave(kiosk)

    kiosk.wait_for_url(f"{work.url}/kiosk/")
    kiosk.get_by_role("button", name="Perpustakaan").wait_for()
    assert len(work.desk.drafts) == 0
    _assert_nothing_of_them(kiosk)
    while kiosk.go_back() is not None:
        _assert_nothing_of_them(kiosk)

    kiosk.goto(f"{work.url}/kiosk/start")
    _open_guest_book(kiosk, work, f"{leave.__name__}-second")
    _assert_nothing_of_them(kiosk)
    assert kiosk.locator("main input[type=text], main input[type=email]").evaluate_all(
        "fields => fields.map(field => field.value)"
    ) == ["", "", ""]


def _open_guest_book(kiosk: Page, work: FrontDeskAtWork, request_id: str) -> None:
    """A visitor takes a number and begins, as their first page of the guest book shows."""
    request = Request(request_id, "library", "kiosk")
    visit = work.desk.store.write(tickets.issue, work.desk.office, request)
    kiosk.goto(f"{work.url}/kiosk/guest-book")
    kiosk.get_by_role("button", name=visit.number).click()
    kiosk.get_by_role("button", name="Saya mengerti, lanjutkan").click()
    kiosk.get_by_label("Nama lengkap").wait_for()


def _stop(kiosk: Page) -> None:
    kiosk.get_by_role("button", name="Berhenti, hapus jawaban").click()
    kiosk.get_by_text("Terima kasih atas penilaian Anda").wait_for()
    kiosk.get_by_role("link", name="Selesai").click()


@pytest.mark.parametrize("leave", [_leave_it_alone, _stop])
def test_nothing_is_kept_of_half_a_survey(
    leave: Callable[[Page], None], work: FrontDeskAtWork, new_page: Callable[..., Page]
) -> None:
    kiosk = new_page(KIOSK)
    kiosk.clock.install()
    kiosk.goto(f"{work.url}/kiosk/v/{_rated_visit(work, leave.__name__)}/rating/thanks")
    kiosk.get_by_role("button", name="Isi survei").click()
    for answer in ("Tidak sesuai", "Tidak mudah", "Tidak cepat"):
        kiosk.get_by_role("button", name=answer).click()
    kiosk.get_by_text("Pertanyaan 4 dari 9").wait_for()
    kiosk.wait_for_load_state()  # its scripts run: the time-out among them
    assert len(work.desk.survey_drafts) == 1
    leave(kiosk)

    kiosk.wait_for_url(f"{work.url}/kiosk/")
    assert len(work.desk.survey_drafts) == 0
    assert work.desk.store.read(lambda db: db.execute("SELECT count(*) FROM survey").fetchone()[0]) == 0
    while kiosk.go_back() is not None:
        kiosk.wait_for_load_state()
        assert kiosk.locator("[aria-pressed=true]").count() == 0


def _rated_visit(work: FrontDeskAtWork, request_id: str) -> str:
    """The token of a visit that was served and has rated."""
    store, (member, *_) = work.desk.store, work.desk.store.read(staff.members)
    request = Request(f"survey-{request_id}", "library", "desk")
    visit = store.write(visits.walk_in, work.desk.office, request, place="frontline", staff=member.id)
    store.write(visits.start_serving, work.desk.office, visit.id, place="frontline", staff=member.id)
    store.write(ratings.give, visit.id, 4)
    assert visit.token is not None
    return visit.token


def _assert_nothing_of_them(kiosk: Page) -> None:
    kiosk.wait_for_load_state()
    page = kiosk.content()
    typed = kiosk.locator("input, textarea").evaluate_all(
        "fields => fields.map(field => field.value).join(' ')"
    )
    for word in (*NAME.split(), E_MAIL, "1987", "Andalas"):
        assert word not in page
        assert word not in typed
    kept = kiosk.evaluate("() => [localStorage.length, sessionStorage.length]")
    assert kept == [0, 0]
    assert {cookie["name"] for cookie in kiosk.context.cookies()} <= {"lang", "size"}


def test_no_address_that_is_open_without_a_log_in_names_a_guest(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with at_work("1373", tmp_path_factory.mktemp("names")) as work:
        morning = Morning(work)
        morning.play()
        drafts = dict.fromkeys(("phone_draft", "kiosk_draft", "survey_draft"), "none")
        values = morning.tokens | drafts | {"publication": copied(work)}
        paths = [path for audience in PAGES.values() for pages in audience.values() for path in pages]
        paths += [path for name, (_, path) in NO_PAGES.items() if name != "events"]  # endless, and empty
        words = {word for name, *rest in GUESTS.values() for word in (*name.split(), *rest)}
        for path in paths:
            html = _get(work.url, path.format(**values))
            found = [word for word in words if re.search(rf"\b{re.escape(word)}\b", html)]
            assert not found, (path, found)


def _get(url: str, path: str) -> str:
    """What anybody gets there: no cookie, no redirect followed."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    connection.request("GET", path)
    text = connection.getresponse().read().decode("utf-8", errors="replace")
    connection.close()
    return text
