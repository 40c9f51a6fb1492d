"""The push buttons through real gpiozero, on simulated lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import gpiozero
import pytest

from drivers.base import Busy, Edge, Lost, Missing, Pressed, Stuck, Unstuck
from drivers.button import ButtonWiring, GpioButtons, edge_time_ns
from drivers.debounce import Presses, Rules
from drivers.simulated.pins import SimulatedPin, SimulatedPins

GENERAL, LIBRARY, LAMP, MARKER = 17, 27, 22, 5
WIRING = {"general": ButtonWiring(GENERAL, lamp_pin=LAMP), "library": ButtonWiring(LIBRARY, pull_up=False)}
MS = 1_000_000
SOON_S = 20.0  # a limit for what comes at once, on a busy machine

Opener = Callable[..., GpioButtons]


@pytest.fixture
def pins() -> Iterator[SimulatedPins]:
    with SimulatedPins() as pins:
        yield pins


@pytest.fixture
def opened(pins: SimulatedPins) -> Iterator[Opener]:
    """Connects buttons on `pins`; closes them after the test."""
    made: list[GpioButtons] = []

    def open_buttons(wiring: dict[str, ButtonWiring] = WIRING, queue_size: int = 1024) -> GpioButtons:
        buttons = GpioButtons(name="buttons", wiring=wiring, factory=lambda: pins, queue_size=queue_size)
        made.append(buttons)
        buttons.connect()
        return buttons

    yield open_buttons
    for buttons in made:
        buttons.close()


@pytest.fixture
def buttons(opened: Opener) -> GpioButtons:
    """Connected, and the levels of the start already read."""
    buttons = opened()
    for _ in WIRING:
        buttons.next_edge(SOON_S)
    return buttons


def presses_of(pins: SimulatedPins, rules: Rules) -> Presses:
    return Presses(GpioButtons(name="buttons", wiring=WIRING, factory=lambda: pins), WIRING, rules)


def wait_until_all_is_told(pins: SimulatedPins) -> None:
    """Edges are told in their order: once a new one is, so are all before it."""
    with gpiozero.Button(MARKER, pin_factory=pins) as marker:
        pins.close_contact(MARKER)
        assert marker.wait_for_press(SOON_S)
        pins.open_contact(MARKER)


def wait_until(claim: Callable[[], bool]) -> None:
    limit = time.monotonic() + SOON_S
    while not claim():
        assert time.monotonic() < limit, "it did not become so"
        time.sleep(0.001)


# ------------------------------------------------------------------------------------------ edges


@pytest.mark.parametrize(
    ("name", "pin", "to_high"), [("general", GENERAL, False), ("library", LIBRARY, True)]
)
def test_a_press_gives_an_edge_down_and_an_edge_up_in_time(
    pins: SimulatedPins, buttons: GpioButtons, name: str, pin: int, to_high: bool
) -> None:
    before_ns = time.monotonic_ns()
    pins.press(pin, ms=20, to_high=to_high)
    down, up = buttons.next_edge(SOON_S), buttons.next_edge(SOON_S)
    assert isinstance(down, Edge)
    assert isinstance(up, Edge)
    assert (down.button, down.pressed, up.button, up.pressed) == (name, True, name, False)
    assert before_ns <= down.at_ns < up.at_ns <= time.monotonic_ns()


def test_a_full_queue_is_counted_and_the_level_is_told_afterwards(
    pins: SimulatedPins, opened: Opener
) -> None:
    buttons = opened(queue_size=2)  # both taken by the levels at the start
    for _ in range(5):
        pins.press(GENERAL, ms=0)
    pins.close_contact(GENERAL)
    wait_until(lambda: buttons.dropped == 11)
    assert [buttons.next_edge(0) is not None for _ in range(2)] == [True, True]
    told = buttons.next_edge(0)
    assert told is not None
    assert (told.button, told.pressed) == ("general", True)
    assert buttons.next_edge(0) is None


def test_a_full_queue_does_not_end_the_notifications(pins: SimulatedPins, opened: Opener) -> None:
    buttons = opened(queue_size=2)
    for _ in range(100):
        pins.press(GENERAL, ms=0)
    wait_until(lambda: buttons.dropped == 200)
    while buttons.next_edge(0) is not None:
        pass
    pins.press(LIBRARY, ms=0, to_high=True)
    edge = buttons.next_edge(SOON_S)
    assert edge is not None
    assert (edge.button, edge.pressed) == ("library", True)
    assert pins.notifies


# ------------------------------------------------------------------------------------------ presses


def test_a_bouncing_press_through_gpiozero_is_one_press(pins: SimulatedPins) -> None:
    presses = presses_of(pins, Rules())
    presses.connect()
    presses.next_event(0.02)  # the buttons settle at rest
    pins.press(GENERAL, ms=40, bounce_ms=(0.4, 0.3, 0.8, 0.2, 0.1, 0.6))
    first = presses.next_event(SOON_S)
    assert isinstance(first, Pressed)
    assert first.button == "general"
    assert presses.next_event(0.1) is None
    presses.close()


def test_a_tap_of_30_ms_is_a_press_though_read_only_afterwards(pins: SimulatedPins) -> None:
    presses = presses_of(pins, Rules())
    presses.connect()
    presses.next_event(0.02)
    pins.press(LIBRARY, ms=30, to_high=True)
    late = presses.next_event(SOON_S)
    assert isinstance(late, Pressed)
    assert late.button == "library"
    presses.close()


def test_presses_count_by_when_they_were_though_a_busy_machine_tells_them_all_at_once(
    pins: SimulatedPins,
) -> None:
    presses = presses_of(pins, Rules(window_ns=0))
    presses.connect()
    busy, free = threading.Event(), threading.Event()
    other = gpiozero.InputDevice(MARKER, pull_up=True, pin_factory=pins)
    other.pin.edges = "both"

    def hold_up(_ticks: float, _level: int) -> None:
        busy.set()
        free.wait(SOON_S)

    other.pin.when_changed = hold_up
    try:
        assert presses.next_event(0.05) is None  # the level of the start has settled
        pins.close_contact(MARKER)
        assert busy.wait(SOON_S)
        pins.press(GENERAL, 30)
        time.sleep(0.03)  # the contact stays open as long as a finger needs to come back
        pins.press(GENERAL, 30)
        free.set()
        assert [type(presses.next_event(SOON_S)), type(presses.next_event(SOON_S))] == [Pressed, Pressed]
        assert presses.next_event(0.1) is None
    finally:
        free.set()
        other.close()
        presses.close()


@pytest.mark.parametrize(
    ("ticks", "at_ns"),
    [
        (99.5, 99_500_000_000),  # the kernel's stamp
        (1_800_000_000.0, 100_000_000_000),  # an old kernel's, by the wall clock
        (80.0, 100_000_000_000),  # later than any callback: of another clock
        (100.5, 100_000_000_000),  # nothing happens in the future
    ],
)
def test_an_edge_has_the_kernels_time_where_that_is_by_the_same_clock(ticks: float, at_ns: int) -> None:
    assert edge_time_ns(ticks, 100_000_000_000) == at_ns


def test_a_spark_is_no_press_and_the_press_after_it_is(pins: SimulatedPins) -> None:
    presses = presses_of(pins, Rules(settle_ns=100 * MS))
    presses.connect()
    presses.next_event(0.15)
    pins.press(GENERAL, ms=1)
    assert presses.next_event(0.2) is None
    pins.close_contact(GENERAL)
    assert isinstance(presses.next_event(SOON_S), Pressed)
    presses.close()


def test_a_button_held_at_the_start_is_stuck_and_never_pressed_until_let_go(pins: SimulatedPins) -> None:
    pins.close_contact(GENERAL)
    presses = presses_of(pins, Rules(stuck_after_ns=50 * MS))
    presses.connect()
    assert isinstance(presses.next_event(SOON_S), Stuck)
    pins.open_contact(GENERAL)
    assert isinstance(presses.next_event(SOON_S), Unstuck)
    pins.close_contact(GENERAL)
    assert isinstance(presses.next_event(SOON_S), Pressed)
    presses.close()


def test_a_button_held_over_a_new_connection_is_no_press(pins: SimulatedPins) -> None:
    presses = presses_of(pins, Rules(stuck_after_ns=50 * MS))
    presses.connect()
    presses.next_event(0.02)
    presses.close()
    pins.close_contact(GENERAL)
    presses.connect()
    assert isinstance(presses.next_event(SOON_S), Stuck)
    presses.close()


# ------------------------------------------------------------------------------------------ lamps


def test_a_button_without_a_lamp_ignores_it(buttons: GpioButtons) -> None:
    buttons.lamp("library", True)


def test_a_button_that_does_not_exist_has_no_lamp_to_ignore(buttons: GpioButtons) -> None:
    with pytest.raises(KeyError):
        buttons.lamp("fax", True)


# ------------------------------------------------------------------------------------------ connecting


def test_a_line_that_another_program_holds_is_busy(pins: SimulatedPins, opened: Opener) -> None:
    pins.hold(LIBRARY)
    with pytest.raises(Busy, match="button library on GPIO27"):
        opened()


def test_a_line_that_this_program_uses_already_is_busy(opened: Opener) -> None:
    opened({"general": ButtonWiring(GENERAL)})
    with pytest.raises(Busy, match="button other on GPIO17"):
        opened({"other": ButtonWiring(GENERAL)})


def test_a_line_that_the_pi_lacks_is_missing(opened: Opener) -> None:
    with pytest.raises(Missing, match="GPIO99"):
        opened({"general": ButtonWiring(99)})


def test_after_a_failure_no_line_stays_open_and_the_next_attempt_works(
    pins: SimulatedPins, buttons: GpioButtons
) -> None:
    pins.hold(LAMP)
    with pytest.raises(Busy) as busy:
        buttons.connect()
    assert busy.value.__traceback__  # while it is kept, only a proper close gives the lines back
    with gpiozero.Button(GENERAL, pin_factory=pins):
        pins.hold(LAMP, held=False)
    buttons.connect()
    assert buttons.next_edge(0) is not None


def test_closed_buttons_say_so_and_can_be_closed_again(buttons: GpioButtons) -> None:
    buttons.close()
    buttons.close()
    with pytest.raises(Lost):
        buttons.next_edge(0)
    with pytest.raises(Lost):
        buttons.lamp("general", True)


def test_edges_of_an_old_connection_are_forgotten(pins: SimulatedPins, buttons: GpioButtons) -> None:
    pins.press(GENERAL, ms=0)
    wait_until_all_is_told(pins)
    buttons.connect()
    levels = [buttons.next_edge(SOON_S) for _ in WIRING]
    assert [edge.pressed for edge in levels if edge] == [False, False]
    assert buttons.next_edge(0.02) is None


def test_buttons_work_again_after_a_new_connection(pins: SimulatedPins, buttons: GpioButtons) -> None:
    buttons.connect()
    for _ in WIRING:
        buttons.next_edge(SOON_S)
    pins.close_contact(GENERAL)
    edge = buttons.next_edge(SOON_S)
    assert edge is not None
    assert edge.pressed


# ------------------------------------------------------------------------------------------ the simulator


def test_an_exception_in_a_callback_ends_all_notifications_as_on_a_pi(pins: SimulatedPins) -> None:
    ended: list[type[BaseException]] = []
    told, threading.excepthook = threading.excepthook, lambda args: ended.append(args.exc_type)
    try:
        with gpiozero.Button(GENERAL, pin_factory=pins) as button:
            button.when_pressed = lambda: 1 / 0
            pins.press(GENERAL, ms=0)
            wait_until(lambda: not pins.notifies)
    finally:
        threading.excepthook = told
    assert ended == [ZeroDivisionError]


def test_two_simulated_pis_do_not_feel_each_other_and_neither_is_the_default(pins: SimulatedPins) -> None:
    with SimulatedPins() as other:
        pins.close_contact(GENERAL, to_high=True)
        assert (pins.level(GENERAL), other.level(GENERAL)) == (True, False)
    assert gpiozero.Device.pin_factory is None


def test_a_simulated_pi_leaves_no_thread_behind() -> None:
    before = set(threading.enumerate())
    pins = SimulatedPins()
    assert set(threading.enumerate()) != before
    pins.close()
    pins.close()
    assert set(threading.enumerate()) == before


def test_gpiozeros_own_words_for_the_world_work_too(pins: SimulatedPins) -> None:
    with gpiozero.Button(GENERAL, pin_factory=pins) as button:
        line = pins.pin(GENERAL)
        assert isinstance(line, SimulatedPin)
        line.drive_low()
        assert button.is_pressed
        line.drive_high()
        assert not button.is_pressed


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"function": "input", "pull": "sideways"}, gpiozero.PinInvalidPull),
        ({"function": "output", "pull": "up"}, gpiozero.PinFixedPull),
        ({"function": "teapot"}, gpiozero.PinInvalidFunction),
    ],
)
def test_a_line_refuses_what_a_real_one_refuses(
    pins: SimulatedPins, change: dict[str, str], error: type[Exception]
) -> None:
    line = pins.pin(GENERAL)
    with pytest.raises(error):
        for attribute, value in change.items():
            setattr(line, attribute, value)


def test_the_pull_up_resistor_of_gpio_2_cannot_be_changed(pins: SimulatedPins) -> None:
    with pytest.raises(gpiozero.PinFixedPull):
        pins.pin(2).pull = "down"
