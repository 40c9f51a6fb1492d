"""The lamp in a button, on simulated lines below the real gpiozero: lit while the button gives numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance import assembly, config
from appliance.clock import ManualClock
from appliance.duties.press import PressDuty
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from drivers.base import Presses, Stuck, Unstuck
from drivers.simulated.pins import SimulatedPins

LAMPS = {"P": 18, "K": 23}
WITHIN_S = 10.0


@pytest.fixture
def pins() -> Iterator[SimulatedPins]:
    with SimulatedPins() as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    rows = "".join(
        f'[[buttons.button]]\nservice = "{letter}"\npin = {pin}\nlamp_pin = {LAMPS[letter]}\n'
        for letter, pin in (("P", 17), ("K", 27))
    )
    made = assemble(
        load_office("1373"), config.parse(f'[site]\noffice = "1373"\n[buttons]\n{rows}'), clock, tmp_path
    )
    made.store.open()
    yield made
    made.store.close()


@pytest.fixture
def presses(desk: FrontDesk, pins: SimulatedPins) -> Iterator[Presses]:
    made = assembly.presses(desk.config, lambda: pins)
    assert made is not None
    made.connect()
    yield made
    made.close()


@pytest.fixture
def duty(desk: FrontDesk, presses: Presses) -> PressDuty:
    return PressDuty(desk, presses)


def lit(pins: SimulatedPins) -> dict[str, bool]:
    return {letter: bool(pins.pin(pin).state) for letter, pin in LAMPS.items()}


def until(duty: PressDuty, holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < give_up
        duty.step()


def test_it_is_lit_within_the_hours_and_dark_after_them(
    duty: PressDuty, pins: SimulatedPins, clock: ManualClock
) -> None:
    assert lit(pins) == {"P": False, "K": False}
    until(duty, lambda: lit(pins) == {"P": True, "K": True})
    clock.advance(8 * 3600)  # 17.00
    until(duty, lambda: lit(pins) == {"P": False, "K": False})


def test_a_press_that_was_heard_darkens_its_own_lamp_for_a_moment(
    duty: PressDuty, pins: SimulatedPins, desk: FrontDesk
) -> None:
    until(duty, lambda: lit(pins)["P"])
    pins.pin(17).drive_low()
    time.sleep(0.05)  # a finger
    until(duty, lambda: not lit(pins)["P"])
    assert lit(pins)["K"]
    pins.pin(17).drive_high()
    until(duty, lambda: lit(pins)["P"])


def test_it_is_dark_while_the_date_is_in_doubt(
    duty: PressDuty, pins: SimulatedPins, clock: ManualClock
) -> None:
    clock.step(-400 * 86_400)
    duty.step()
    assert lit(pins) == {"P": False, "K": False}


def test_a_stuck_button_has_a_dark_lamp(duty: PressDuty, pins: SimulatedPins) -> None:
    until(duty, lambda: lit(pins)["P"])
    duty._note_stuck(Stuck("P", 0))
    until(duty, lambda: not lit(pins)["P"])
    duty._note_stuck(Unstuck("P", 0))
    until(duty, lambda: lit(pins)["P"])
