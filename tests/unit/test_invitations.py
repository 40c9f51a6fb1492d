"""What the officer asks a visitor to do at the kiosk: shown, taken up, or gone by itself."""

from __future__ import annotations

import pytest

from appliance.changes import Changes
from appliance.clock import ManualClock
from appliance.invitations import LASTS_S, Invitations


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
def invitations(clock: ManualClock, changes: Changes) -> Invitations:
    return Invitations(clock, changes)


def test_invitations_are_shown_in_the_order_in_which_they_were_sent(invitations: Invitations) -> None:
    invitations.send(7, "guest_book")
    invitations.send(3, "rating")
    assert [(one.visit_id, one.to) for one in invitations.open()] == [(7, "guest_book"), (3, "rating")]


def test_a_visit_is_asked_one_thing_at_a_time(invitations: Invitations) -> None:
    invitations.send(7, "guest_book")
    invitations.send(3, "rating")
    invitations.send(7, "rating")
    assert [(one.visit_id, one.to) for one in invitations.open()] == [(3, "rating"), (7, "rating")]


def test_an_invitation_that_was_taken_up_is_gone(invitations: Invitations) -> None:
    invitations.send(7, "guest_book")
    invitations.take_back(7)
    assert invitations.open() == []


def test_an_invitation_that_nobody_takes_up_does_not_stay(
    invitations: Invitations, clock: ManualClock
) -> None:
    invitations.send(7, "guest_book")
    clock.advance(LASTS_S)
    assert len(invitations.open()) == 1
    clock.advance(0.1)
    assert invitations.open() == []


def test_the_kiosk_hears_of_each_change_and_of_nothing_else(
    invitations: Invitations, changes: Changes
) -> None:
    invitations.send(7, "guest_book")
    assert changes.count == 1
    invitations.take_back(7)
    assert changes.count == 2
    invitations.take_back(7)
    assert changes.count == 2
