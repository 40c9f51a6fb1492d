"""The trigger: takes each page once, by what a camera sees, with the time handed in."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.pages.trigger import Rules, Sight, Trigger, sharpness
from drivers.simulated.turning import covered, noisy, turning

Picture = NDArray[np.uint8]
SIZE = (640, 480)  # width and height
EVERY_S = 0.12


def spread(number: int) -> Picture:
    """Two pages of print on a table; each number has words of its own."""
    random = np.random.default_rng(number)
    picture = np.full((SIZE[1], SIZE[0], 3), (90, 110, 140), np.uint8)
    cv2.rectangle(picture, (60, 50), (580, 430), (225, 232, 236), -1)
    cv2.line(picture, (320, 50), (320, 430), (150, 155, 160), 3)
    for row in range(72, 415, 13):
        for left, right in ((80, 300), (340, 560)):
            x = left
            while x < right - 25:
                wide = int(random.integers(8, 34))
                cv2.rectangle(picture, (x, row), (min(x + wide, right), row + 5), (40, 40, 45), -1)
                x += wide + int(random.integers(4, 10))
    return picture


class Watched:
    """A trigger, and everything that it has said."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.trigger = Trigger(rules)
        self.said: list[Sight] = []
        self._now_s = 0.0

    def see(self, picture: Picture, times: int = 1, *, may_take: bool = True) -> list[Sight]:
        start = len(self.said)
        for _ in range(times):
            seen = cv2.cvtColor(noisy(picture, len(self.said)), cv2.COLOR_BGR2GRAY)
            grey = np.asarray(seen, np.uint8)
            self.said.append(self.trigger.look(grey, self._now_s, lambda grey=grey: grey, may_take=may_take))  # type: ignore[misc]
            self._now_s += EVERY_S
        return self.said[start:]

    def turn(self, before: Picture, after: Picture) -> list[Sight]:
        return [self.see(turning(before, after, (step + 1) / 9))[0] for step in range(8)]

    @property
    def taken(self) -> int:
        return self.said.count(Sight.TAKE)


def test_a_page_is_taken_once_however_long_it_lies() -> None:
    watched = Watched()
    assert watched.see(spread(1), 60).count(Sight.TAKE) == 1
    assert watched.said[-1] is Sight.KNOWN


def test_it_is_taken_within_half_a_second_of_lying_still() -> None:
    said = Watched().see(spread(1), 10)
    assert said.index(Sight.TAKE) * EVERY_S <= 0.4


def test_nothing_is_taken_while_a_leaf_is_in_the_air() -> None:
    watched = Watched()
    watched.see(spread(1), 8)
    assert Sight.TAKE not in watched.turn(spread(1), spread(2))
    assert watched.see(spread(2), 8).count(Sight.TAKE) == 1


@pytest.mark.parametrize(
    "disturbed",
    [
        lambda page: covered(page, 0.4),
        lambda page: (page * 0.75).astype(np.uint8),
        lambda page: np.roll(page, (4, -5), (0, 1)),
    ],
    ids=["a hand", "another light", "pushed a little"],
)
def test_what_is_no_new_page_is_not_taken_again(disturbed: object) -> None:
    watched = Watched()
    page = spread(1)
    watched.see(page, 8)
    for _ in range(3):
        watched.see(disturbed(page), 8)  # type: ignore[operator]
        watched.see(page, 8)
    assert watched.taken == 1


def test_turning_back_does_not_take_a_page_again() -> None:
    watched = Watched()
    watched.see(spread(1), 8)
    watched.turn(spread(1), spread(2))
    watched.see(spread(2), 8)
    watched.turn(spread(2), spread(1))
    watched.see(spread(1), 12)
    assert watched.taken == 2


def test_a_covered_lens_and_darkness_are_told_and_take_nothing() -> None:
    watched = Watched()
    black = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    skin = np.full((SIZE[1], SIZE[0], 3), (120, 150, 195), np.uint8)
    assert set(watched.see(black, 10) + watched.see(skin, 10)) == {Sight.COVERED}
    assert watched.see(spread(1), 8).count(Sight.TAKE) == 1


def test_a_camera_that_hunts_for_its_focus_is_given_time_but_no_page_is_left_out() -> None:
    watched = Watched()
    blurred = np.asarray(cv2.GaussianBlur(spread(1), (0, 0), 4), np.uint8)
    said = watched.see(blurred, 30)
    assert sharpness(np.asarray(cv2.cvtColor(blurred, cv2.COLOR_BGR2GRAY), np.uint8)) < Rules().sharp
    assert Sight.TAKE not in said[:10]
    assert said.count(Sight.TAKE) == 1


def test_a_page_that_may_not_be_taken_yet_is_as_new_when_it_may() -> None:
    watched = Watched()
    assert set(watched.see(spread(1), 20, may_take=False)[3:]) == {Sight.STILL}
    assert watched.see(spread(1), 3)[0] is Sight.TAKE


def test_a_camera_that_stalls_in_the_midst_of_a_turn_takes_nothing() -> None:
    watched = Watched()
    watched.see(spread(1), 8)
    half = turning(spread(1), spread(2), 0.5)
    watched.see(half)
    watched._now_s += 3.0
    assert watched.see(half) == [Sight.SETTLING]


def test_the_button_and_the_trigger_do_not_take_the_same_page_twice() -> None:
    watched = Watched()
    grey = np.asarray(cv2.cvtColor(spread(1), cv2.COLOR_BGR2GRAY), np.uint8)
    watched.see(spread(1), 2)
    watched.trigger.was_taken(grey)
    watched.see(spread(1), 20)
    assert watched.taken == 0


def _run(pages: int) -> Watched:
    """A visitor who turns page after page, now and then with a hand over one, or a look back."""
    watched = Watched()
    for number in range(pages):
        page = spread(number)
        if number:
            watched.turn(spread(number - 1), page)
        watched.see(page, 6)
        if number % 7 == 3:
            watched.see(covered(page, 0.35), 5)
            watched.see(page, 5)
    return watched


def test_ten_pages_none_missed_none_twice() -> None:
    assert _run(10).taken == 10


@pytest.mark.fault
@pytest.mark.timeout(600)
def test_three_hundred_pages_none_missed_none_twice() -> None:
    """At 0.12 s a picture: 14 to 24 pictures for a spread, more than twelve spreads a minute."""
    watched = _run(300)
    assert watched.taken == 300
    assert len(watched.said) * EVERY_S / 300 < 60 / 12
