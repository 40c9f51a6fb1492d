"""Buttons, lamps, locks and door contacts: the drivers, real gpiozero, real lgpio, a real kernel."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from gpiozero import LED

from drivers.base import Busy, Door, Edge, Pressed, Stuck, Unstuck
from drivers.button import ButtonWiring, GpioButtons
from drivers.debounce import Presses, Rules
from drivers.locks import GpioLocks, LockWiring, PulseTiming
from tests.kernel.guest.benches import CHIP
from tests.kernel.guest.lines import SimulatedLines

pytestmark = pytest.mark.kernel

BUTTON, LAMP, LOCK, CONTACT, TAKEN, ALONE = 17, 27, 5, 6, 23, 24
ROOT = Path(__file__).parents[3]
MS = 1_000_000
SLACK_S = 0.25  # what an emulated machine adds to a sleep

_HOLD = """
import sys, time, lgpio
lgpio.gpio_claim_output(lgpio.gpiochip_open(0), int(sys.argv[1]), 1)
print("held", flush=True)
time.sleep(600)
"""

_MODE = """
import sys, lgpio
print(lgpio.gpio_get_mode(lgpio.gpiochip_open(0), int(sys.argv[1])))
"""


@pytest.fixture
def buttons(lines: SimulatedLines) -> Iterator[GpioButtons]:
    lines.pull(BUTTON, high=True)
    buttons = GpioButtons(name="buttons", wiring={"P": ButtonWiring(BUTTON, lamp_pin=LAMP)}, factory=CHIP)
    with closing(buttons):
        yield buttons


@pytest.fixture
def presses(buttons: GpioButtons) -> Presses:
    """As in the front desk; the finger that stays is found out sooner."""
    presses = Presses(buttons, ["P"], Rules(5 * MS, 1500 * MS, 2000 * MS))
    presses.connect()
    assert presses.next_event(0.5) is None
    return presses


def press(lines: SimulatedLines, seconds: float) -> None:
    lines.pull(BUTTON, high=False)
    time.sleep(seconds)
    lines.pull(BUTTON, high=True)


# ---------------------------------------------------------------------------------------- buttons


def test_edges_carry_the_kernel_s_stamp(lines: SimulatedLines, buttons: GpioButtons) -> None:
    buttons.connect()
    assert buttons.next_edge(5) is not None  # the level of now
    before_ns = time.monotonic_ns()
    lines.pull(BUTTON, high=False)
    after_ns = time.monotonic_ns()
    time.sleep(0.3)  # whoever reads comes late
    edge = buttons.next_edge(5)
    assert edge is not None
    assert edge == Edge("P", True, edge.at_ns)
    assert before_ns <= edge.at_ns <= after_ns + 100 * MS
    lines.pull(BUTTON, high=True)
    edge = buttons.next_edge(5)
    assert edge is not None
    assert not edge.pressed


def test_a_press_is_one_press(lines: SimulatedLines, presses: Presses) -> None:
    press(lines, 0.3)
    assert isinstance(presses.next_event(5), Pressed)
    assert presses.next_event(0.5) is None


def test_a_tap_of_30_ms_counts(lines: SimulatedLines, presses: Presses) -> None:
    press(lines, 0.03)
    assert isinstance(presses.next_event(5), Pressed)
    assert presses.next_event(0.5) is None


def test_a_bounce_is_no_press_of_its_own(lines: SimulatedLines, presses: Presses) -> None:
    for _ in range(5):
        press(lines, 0.001)
    press(lines, 0.3)
    assert isinstance(presses.next_event(5), Pressed)
    assert presses.next_event(0.5) is None


def test_a_button_that_is_held_is_stuck_until_it_is_let_go(lines: SimulatedLines, presses: Presses) -> None:
    lines.pull(BUTTON, high=False)
    assert isinstance(presses.next_event(5), Pressed)
    assert isinstance(presses.next_event(10), Stuck)
    lines.pull(BUTTON, high=True)
    assert isinstance(presses.next_event(5), Unstuck)


def test_a_button_held_down_before_the_start_is_no_press(lines: SimulatedLines, buttons: GpioButtons) -> None:
    lines.pull(BUTTON, high=False)
    presses = Presses(buttons, ["P"], Rules(5 * MS, 1500 * MS, 2000 * MS))
    presses.connect()
    assert isinstance(presses.next_event(10), Stuck)
    lines.pull(BUTTON, high=True)
    assert isinstance(presses.next_event(5), Unstuck)
    press(lines, 0.1)
    assert isinstance(presses.next_event(5), Pressed)


def test_it_listens_again_after_a_new_connection(lines: SimulatedLines, presses: Presses) -> None:
    presses.close()
    presses.connect()
    assert presses.next_event(0.5) is None
    press(lines, 0.1)
    assert isinstance(presses.next_event(5), Pressed)


def test_buttons_are_let_go_of_and_taken_again_on_a_busy_machine(
    lines: SimulatedLines, buttons: GpioButtons, caplog: pytest.LogCaptureFixture
) -> None:
    """lgpio's own thread is then late, and still listens to a line that is closed."""
    with ExitStack() as stack:
        for _ in range(6):
            busy = stack.enter_context(subprocess.Popen(["sh", "-c", "while :; do :; done"]))
            stack.callback(busy.kill)
        for _ in range(20):
            buttons.connect()
            press(lines, 0.01)
            edges = [buttons.next_edge(20) for _ in range(3)]
            assert [edge and edge.pressed for edge in edges] == [False, True, False]
            buttons.close()
    assert caplog.messages == []


def test_the_lamp_follows(lines: SimulatedLines, presses: Presses) -> None:
    assert not lines.is_high(LAMP)
    presses.lamp("P", True)
    assert lines.is_high(LAMP)
    presses.lamp("P", False)
    assert not lines.is_high(LAMP)


def test_an_output_that_is_let_go_of_drives_nothing_even_where_it_could_not_be_switched_off(
    lines: SimulatedLines,
) -> None:
    line = LED(LAMP, pin_factory=CHIP())
    line.on()
    assert lines.is_high(LAMP)
    line.close()
    told = subprocess.run(
        [sys.executable, "-c", _MODE, str(LAMP)], check=True, capture_output=True, cwd="/run"
    )
    in_use, is_output = 1, 2
    assert int(told.stdout) & (in_use | is_output) == 0


# ---------------------------------------------------------------------------------------- locks


def bank(**timing: float) -> GpioLocks:
    wiring = {"1": LockWiring(LOCK, CONTACT), "2": LockWiring(13, active_high=False)}
    return GpioLocks(name="lockers", wiring=wiring, factory=CHIP, timing=PulseTiming(**timing))


@pytest.mark.parametrize("pulse_s", [0.1, 0.5])
def test_a_pulse_is_as_long_as_was_asked_for(lines: SimulatedLines, pulse_s: float) -> None:
    with closing(bank(pulse_s=pulse_s)) as locks:
        locks.connect()
        assert not lines.changes(LOCK) or not lines.changes(LOCK)[-1].high
        locks.pulse("1")
    (seen,) = lines.pulses(LOCK)
    print(f"  a pulse of {pulse_s * 1e3:.0f} ms took {seen * 1e3:.1f} ms by the kernel")  # noqa: T201
    assert pulse_s <= seen <= pulse_s + SLACK_S
    assert not lines.is_high(LOCK)


def test_opening_and_closing_the_bank_energises_nothing(lines: SimulatedLines) -> None:
    with closing(bank()) as locks:
        locks.connect()
        assert not lines.is_high(LOCK)
        assert lines.is_high(13)  # off, where low is on
        locks.all_off()
    assert not lines.pulses(LOCK)
    assert not any(change.high for change in lines.changes(LOCK))
    assert all(change.high for change in lines.changes(13))


def test_one_coil_at_a_time_and_each_rests(lines: SimulatedLines) -> None:
    with closing(bank(pulse_s=0.1, gap_s=0.2, rest_s=0.5)) as locks:
        locks.connect()
        locks.pulse("1")
        locks.pulse("1")
        locks.pulse("2")
    ups = [change.at_s for change in lines.changes(LOCK) if change.high]
    downs = [change.at_s for change in lines.changes(LOCK) if not change.high and change.at_s > ups[0]]
    assert ups[1] - downs[0] >= 0.5
    other = next(change.at_s for change in lines.changes(13) if not change.high)
    assert other - downs[1] >= 0.2


def test_the_door_contact_is_read(lines: SimulatedLines) -> None:
    lines.pull(CONTACT, high=False)
    with closing(bank()) as locks:
        locks.connect()
        assert locks.door("1") is Door.CLOSED
        lines.pull(CONTACT, high=True)
        assert locks.door("1") is Door.OPEN
        assert locks.door("2") is Door.UNKNOWN


def test_a_line_that_another_program_holds_is_busy(lines: SimulatedLines) -> None:
    command = [sys.executable, "-c", _HOLD, str(TAKEN)]
    locks = GpioLocks(name="lockers", wiring={"1": LockWiring(TAKEN)}, factory=CHIP)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd="/run") as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            with pytest.raises(Busy, match=f"GPIO{TAKEN}"):
                locks.connect()
        finally:
            holder.kill()
    locks.connect()
    locks.close()


_PULSE = """
import sys
from functools import partial
from pathlib import Path
from drivers.gpio import pin_factory
from drivers.locks import GpioLocks, LockWiring, PulseTiming
locks = GpioLocks(
    name="lockers",
    wiring={"1": LockWiring(int(sys.argv[1]))},
    factory=partial(pin_factory, 0),
    timing=PulseTiming(pulse_s=2.0, max_pulse_s=2.0),
)
locks.connect()
locks.pulse("1")
"""


def test_a_program_killed_within_a_pulse_leaves_the_lock_on_until_locks_off(
    lines: SimulatedLines, tmp_path: Path
) -> None:
    """As on a Pi, whose kernel keeps an output as it was; systemd runs `locks off` after every end."""
    config = tmp_path / "frontdesk.toml"
    config.write_text(f'[site]\noffice = "1373"\n[[lockers.locker]]\nname = "1"\npin = {ALONE}\n')
    pulsing = subprocess.Popen([sys.executable, "-c", _PULSE, str(ALONE)], cwd=ROOT)
    lines.await_level(ALONE, high=True)
    pulsing.kill()
    pulsing.wait()
    killed_s = time.monotonic()
    time.sleep(0.5)
    assert lines.is_high(ALONE), "this chip lets go of an output, which a Pi does not"
    off = [sys.executable, "-m", "appliance", "locks", "off", "--config", str(config)]
    subprocess.run(off, check=True, cwd=ROOT)
    assert not lines.is_high(ALONE)
    seconds = time.monotonic() - killed_s
    print(f"  killed within a pulse to locks off: {seconds:.1f} s (QEMU without KVM)")  # noqa: T201
