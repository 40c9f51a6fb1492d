"""Half-filled guest books: nobody sees another one's, and they do not last."""

from __future__ import annotations

import pytest

from appliance.clock import ManualClock
from appliance.drafts import LASTS_S, Drafts, Start


@pytest.fixture
def drafts(clock: ManualClock) -> Drafts:
    return Drafts(clock)


def start(visit_id: int = 1, kiosk: str | None = "kiosk-1") -> Start:
    return Start(visit_id, f"token-{visit_id}", "hash", "id", kiosk)


def test_what_was_entered_is_kept_screen_by_screen(drafts: Drafts) -> None:
    key = drafts.begin(start())
    drafts.put(key, {"name": "Siti", "email": "siti@example"})
    drafts.put(key, {"email": "siti@example.org", "sex": "female"})
    draft = drafts.get(key)
    assert draft is not None
    assert draft.values == {"name": "Siti", "email": "siti@example.org", "sex": "female"}
    assert draft.start == start()


def test_a_key_cannot_be_guessed_and_a_wrong_one_gives_nothing(drafts: Drafts) -> None:
    keys = {drafts.begin(start(n, kiosk=None)) for n in range(20)}
    assert len(keys) == 20
    assert min(map(len, keys)) >= 22
    assert drafts.get("guess") is None
    assert drafts.put("guess", {"name": "Siti"}) is None


def test_the_next_visitor_at_the_same_screen_wipes_the_one_before(drafts: Drafts) -> None:
    before = drafts.begin(start(1))
    elsewhere = drafts.begin(start(2, kiosk=None))
    other_screen = drafts.begin(start(3, kiosk="kiosk-2"))
    drafts.begin(start(4))
    assert drafts.get(before) is None
    assert drafts.get(elsewhere) is not None
    assert drafts.get(other_screen) is not None


def test_a_visit_has_one_form_at_a_time_on_whatever_screen(drafts: Drafts) -> None:
    on_the_kiosk = drafts.begin(start(1))
    drafts.begin(start(1, kiosk=None))
    assert drafts.get(on_the_kiosk) is None
    assert len(drafts) == 1


def test_two_phones_do_not_wipe_each_other(drafts: Drafts) -> None:
    keys = [drafts.begin(start(n, kiosk=None)) for n in range(3)]
    assert all(drafts.get(key) is not None for key in keys)


def test_a_form_that_is_left_alone_is_wiped_and_one_that_is_worked_on_is_not(
    drafts: Drafts, clock: ManualClock
) -> None:
    alone, used = drafts.begin(start(1, kiosk=None)), drafts.begin(start(2, kiosk=None))
    clock.advance(LASTS_S - 1)
    drafts.put(used, {"name": "Siti"})
    clock.advance(2)
    assert drafts.get(alone) is None
    assert drafts.get(used) is not None
    clock.advance(LASTS_S)
    drafts.sweep()
    assert len(drafts) == 0, "also when nobody asks for it"


def test_a_step_of_the_wall_clock_wipes_nothing(drafts: Drafts, clock: ManualClock) -> None:
    key = drafts.begin(start())
    clock.step(86400)
    assert drafts.get(key) is not None


def test_a_form_that_was_sent_or_cancelled_is_gone(drafts: Drafts) -> None:
    key = drafts.begin(start())
    drafts.wipe(key)
    drafts.wipe(key)
    assert drafts.get(key) is None
    assert drafts.put(key, {"name": "Siti"}) is None


def test_forms_without_end_do_not_fill_the_memory(drafts: Drafts) -> None:
    first = drafts.begin(start(0, kiosk=None))
    for n in range(1, 300):
        last = drafts.begin(start(n, kiosk=None))
    assert len(drafts) == 200
    assert drafts.get(first) is None
    assert drafts.get(last) is not None


def test_a_draft_does_not_show_its_values_in_a_log(drafts: Drafts) -> None:
    key = drafts.begin(start())
    assert "Siti" not in repr(drafts.put(key, {"name": "Siti"}))
