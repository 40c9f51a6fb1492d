"""A session at the station: through the real process, real OpenCV and real libsane, on a simulated book."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from appliance import scans, visits
from appliance.errors import NotNow, PageLimit, StationTaken
from appliance.scanning.album import Album
from appliance.scanning.wire import NAME
from appliance.store import Transaction
from drivers.base import DeviceState
from tests.station.conftest import StationAtWork

pytestmark = pytest.mark.timeout(
    180
)  # processes start, and pages are prepared: a busy machine takes its time


def test_a_page_that_lies_still_is_taken_once_and_the_next_when_it_is_turned(work: StationAtWork) -> None:
    work.begin()
    work.wait(lambda look: len(look.leaves) >= 1)
    work.wait(lambda look: look.sight == "known")
    assert work.look().leaves[0].frame == 1

    work.house.turn()
    look = work.wait(lambda look: {leaf.frame for leaf in look.leaves} == {1, 2} and look.in_work == 0)

    assert look.pages == len(look.leaves)
    assert all(leaf.state == "done" for leaf in look.leaves)
    folder = work.station.folder_of(work.scan)
    assert folder.small(look.leaves[0].key).read_bytes()[:2] == b"\xff\xd8"
    assert folder.pdf(look.leaves[0].key).read_bytes()[:5] == b"%PDF-"


def test_the_button_takes_the_page_at_once_and_again(work: StationAtWork) -> None:
    scan = work.begin()
    work.wait(lambda look: look.live > 0 and len(look.leaves) >= 1)
    before = work.wait(lambda look: look.in_work == 0)

    work.station.take(work.desk.office, scan)
    work.wait(lambda look: {leaf.frame for leaf in look.leaves} == {1, 2})

    work.station.take(work.desk.office, scan, instead=before.leaves[0].key)
    look = work.wait(lambda look: {leaf.frame for leaf in look.leaves} == {2, 3})
    assert look.leaves[0].frame == 3  # in the same place
    assert look.last_step == "retaken"


def test_nothing_is_taken_before_the_notice_is_accepted(work: StationAtWork) -> None:
    scan = work.begin(book=None)
    work.wait(lambda look: look.sight == "take" or look.sight == "known" or look.live > 8)
    assert work.look().leaves == ()
    with pytest.raises(NotNow):
        work.station.take(work.desk.office, scan)


def test_the_glass_gives_a_page_and_each_trouble_by_its_name(work: StationAtWork) -> None:
    work.house.set_fault("covered", True)  # nothing for the camera to take
    scan = work.begin()
    work.wait(lambda look: look.process == "ready" and look.live > 0)
    frames = len(work.look().leaves)

    work.house.glass.set_fault("jammed", True)
    work.station.take(work.desk.office, scan, glass=True)
    work.wait(lambda look: look.glass.problem == "jammed")
    assert len(work.look().leaves) == frames

    work.house.glass.set_fault("jammed", False)
    work.station.take(work.desk.office, scan, glass=True)
    work.wait(lambda look: len(look.leaves) > frames and look.glass.problem is None)


@pytest.mark.fault
def test_a_scanner_that_never_ends_is_ended_and_the_pages_stay(work: StationAtWork) -> None:
    scan = work.begin()
    work.wait(lambda look: look.pages >= 1 and look.in_work == 0)
    kept = {leaf.key for leaf in work.look().leaves}
    first = work.worker

    work.house.glass.set_fault("slow", True)
    work.station.take(work.desk.office, scan, glass=True)
    work.wait(lambda look: look.process == "lost")
    report = work.desk.health.of(NAME)
    assert report is not None
    assert (report.state, report.problem) == (DeviceState.LOST, "timeout")

    work.house.glass.set_fault("slow", False)
    look = work.wait(lambda look: look.process == "ready" and look.live > 0)
    assert kept <= {leaf.key for leaf in look.leaves}
    assert work.worker != first


def test_a_killed_process_is_back_at_the_same_page(work: StationAtWork) -> None:
    work.begin()
    work.wait(lambda look: look.pages >= 1 and look.in_work == 0)
    kept = work.look().leaves

    os.kill(work.worker, signal.SIGKILL)
    work.wait(lambda look: look.process == "lost")
    work.wait(lambda look: look.process == "ready" and look.live > 0)

    assert work.look().leaves[: len(kept)] == kept
    work.house.turn()
    work.wait(lambda look: len({leaf.frame for leaf in look.leaves}) > len({leaf.frame for leaf in kept}))


def test_a_ticket_under_the_camera_begins_the_session_of_its_visit(work: StationAtWork) -> None:
    visit = work.visit()
    work.house.lay_ticket(f"http://127.0.0.1:8080/v/{visit.token}")
    work.wait(lambda look: work.desk.store.read(scans.at_station) is not None)
    assert work.scan.visit_id == visit.id
    assert work.scan.book is None  # the notice comes first


def test_a_ticket_of_another_day_is_told_so(work: StationAtWork) -> None:
    work.house.lay_ticket(f"http://127.0.0.1:8080/v/{'A' * 22}")
    work.wait(lambda look: look.ticket == "no_such_visit")
    assert work.desk.store.read(scans.at_station) is None


def test_the_finished_book_has_the_pages_in_their_order_and_counts_for_the_visit(work: StationAtWork) -> None:
    visit = work.visit()
    scan = work.begin(visit)
    work.wait(lambda look: look.pages >= 1)
    work.house.turn()
    look = work.wait(lambda look: len({leaf.frame for leaf in look.leaves}) >= 2 and look.in_work == 0)
    work.station.change(lambda album: album.turn(look.leaves[0].key))

    work.station.bind("id", "2026-11-23T10:00:00+07:00", "Sumber: BPS Kota Sawahlunto")
    work.wait(lambda look: look.book.state == "ready")

    book = work.station.folder_of(scan).book
    assert book.read_bytes()[:5] == b"%PDF-"
    pages = work.look().pages
    work.wait(lambda _look: work.scan.state == "finished" and work.station.link)
    assert (work.scan.pages, work.scan.bytes) == (pages, book.stat().st_size)
    row = work.desk.store.read(
        lambda db: db.execute("SELECT pages_scanned FROM visit WHERE id = ?", (visit.id,)).fetchone()
    )
    assert row["pages_scanned"] == pages


def test_checkout_erases_the_pages_and_a_new_process_serves_the_next_visitor(work: StationAtWork) -> None:
    visit = work.visit()
    scan = work.begin(visit)
    work.wait(lambda look: look.pages >= 1)
    folder, process = work.station.folder_of(scan), work.worker

    def close(tx: Transaction) -> None:
        tx.db.execute("UPDATE visit SET state = 'reading' WHERE id = ?", (visit.id,))
        visits.check_out(tx, visit.id, staff=0)

    work.desk.store.write(close)

    work.wait_gone(folder.path)
    work.wait(lambda look: not look.leaves and look.live == 0 and look.process == "ready")
    assert work.worker != process


def test_the_session_is_there_again_after_the_whole_front_desk_has_ended(
    at_work: Callable[..., StationAtWork],
) -> None:
    work = at_work()
    scan = work.begin()
    work.wait(lambda look: look.pages >= 1 and look.in_work == 0)
    before = work.look().leaves
    work.end()

    again = at_work()

    assert again.scan.id == scan.id
    look = again.wait(lambda look: look.process == "ready" and len(look.leaves) >= len(before))
    assert look.leaves[: len(before)] == before
    assert Album(again.station.folder_of(scan)).leaves()[: len(before)] == list(before)


def test_one_at_a_time(work: StationAtWork) -> None:
    work.begin(work.visit())
    with pytest.raises(StationTaken):
        work.begin(work.visit())


def test_the_house_rule_stops_the_button_and_the_camera(work: StationAtWork) -> None:
    rule = work.desk.office.scanning
    assert rule.other_pages == 40
    assert rule.limit("other") == 40
    with pytest.raises(PageLimit):
        rule.check("other", 40)
    rule.check("bps", 4000)
    assert rule.warns("bps", 51)
    assert not rule.warns("bps", 50)
