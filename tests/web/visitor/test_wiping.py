"""Nothing of a guest book stays where the next visitor, or a thief of the disk, could find it."""

from __future__ import annotations

from collections.abc import Callable

from appliance.clock import ManualClock
from appliance.drafts import LASTS_S
from appliance.front_desk import FrontDesk
from tests.web.visitor.conftest import SCREEN_1, SCREEN_2, Visitor, stored

ENTERED = ("Budi", "budi@", "Padang", "1998")


def on_disk(desk: FrontDesk) -> bytes:
    """Every byte that the appliance has written."""
    return b"".join(path.read_bytes() for path in desk.folder.rglob("*") if path.is_file())


def test_nothing_is_on_the_disk_before_it_is_sent(visitor: Visitor, desk: FrontDesk) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    visitor.send(**SCREEN_2)
    assert b"Budi" not in on_disk(desk)
    visitor.send()
    assert b"Budi" in on_disk(desk)


def test_after_sending_no_page_shows_the_entries(visitor: Visitor) -> None:
    visitor.begin()
    screens = [visitor.at, visitor.at.removesuffix("1") + "2", visitor.at.removesuffix("1") + "3"]
    for values in (SCREEN_1, SCREEN_2, {}):
        visitor.send(**values)
    for address in (*screens, f"{visitor.base}/guest-book", f"{visitor.base}/guest-book/done"):
        page = visitor.client.get(address, follow_redirects=True).text
        assert not [word for word in ENTERED if word in page]


def test_no_page_of_the_form_is_kept_by_a_browser(visitor: Visitor) -> None:
    visitor.begin()
    assert visitor.client.get(visitor.at).headers["Cache-Control"] == "no-store"
    assert visitor.send().headers["Cache-Control"] == "no-store"


def test_cancelling_wipes_the_entries(visitor: Visitor, desk: FrontDesk) -> None:
    visitor.begin()
    first = visitor.at
    visitor.send(**SCREEN_1)
    answer = visitor.client.post(visitor.at.removesuffix("/2") + "/cancel")
    assert answer.status_code == 303
    assert len(desk.drafts) == 0
    assert visitor.client.get(first).status_code == 303


def test_entries_that_are_left_alone_are_wiped(visitor: Visitor, desk: FrontDesk, clock: ManualClock) -> None:
    visitor.begin()
    visitor.send(**SCREEN_1)
    clock.advance(LASTS_S + 1)
    desk.drafts.sweep()
    assert len(desk.drafts) == 0


def test_a_screen_whose_draft_is_gone_leads_to_the_first_page(visitor: Visitor) -> None:
    gone = visitor.client.get(f"{visitor.base}/guest-book/nothing/2")
    assert gone.status_code == 303
    assert gone.location == ("/kiosk/start" if visitor.where == "kiosk" else visitor.base)


def test_who_sends_too_late_is_told_that_the_entries_are_gone(
    visitor: Visitor, clock: ManualClock, desk: FrontDesk
) -> None:
    visitor.begin()
    clock.advance(LASTS_S + 1)
    visitor.send(**SCREEN_1)
    assert "sudah dihapus" in visitor.see()
    assert stored(desk) == []


def test_a_draft_opens_only_under_its_own_visit(on_phone: Callable[..., Visitor], desk: FrontDesk) -> None:
    visitor, other = on_phone(), on_phone()
    visitor.begin()
    visitor.send(**SCREEN_1)
    stolen = visitor.at.replace(str(visitor.visit.token), str(other.visit.token))
    assert other.client.get(stolen).location == other.base
    other.client.post(stolen.removesuffix("/2") + "/cancel")
    assert len(desk.drafts) == 1


def test_the_next_visitor_at_the_kiosk_wipes_what_the_last_one_left(
    on_phone: Callable[..., Visitor], at_kiosk: Callable[..., Visitor], desk: FrontDesk
) -> None:
    at_home, first = on_phone(), at_kiosk()
    at_home.begin()
    first.begin()
    first.send(**SCREEN_1)
    at_kiosk().begin()
    assert len(desk.drafts) == 2
    assert first.client.get(first.at).location == "/kiosk/start"
    assert 'name="name"' in at_home.see()


def test_the_kiosk_time_out_has_the_server_forget_too(at_kiosk: Callable[..., Visitor]) -> None:
    visitor = at_kiosk()
    visitor.begin()
    wipe = visitor.at.removesuffix("/1") + "/cancel"
    assert f'data-idle-wipe-url="{wipe}"' in visitor.see()
