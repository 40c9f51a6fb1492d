"""Lines, and the chip: real lgpio, in a process of its own, since importing it leaves a thread and a FIFO."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from weakref import ref

import pytest
from gpiozero import LED, InputDevice

import drivers.base
from drivers.gpio import Lines
from drivers.simulated.pins import SimulatedPins

ROOT = Path(drivers.base.__file__).parents[1]

NO_CHIP = """
import os
from pathlib import Path
from drivers.base import DriverError
from drivers.button import ButtonWiring, GpioButtons
from drivers.gpio import pin_factory

def source():
    return pin_factory(WHICH, WORK_DIR)

buttons = GpioButtons(name="buttons", wiring={"general": ButtonWiring(17)}, factory=source)
here = os.getcwd()
try:
    buttons.connect()
except DriverError as error:
    print(type(error).__name__, "|", error)
print("stayed" if os.getcwd() == here else "moved")
print(sorted(os.listdir(os.environ["LG_WD"])))
"""

BUSY = """
from drivers.base import DriverError
from drivers.gpio import pin_factory
from drivers.locks import GpioLocks, LockWiring
from drivers.simulated.pins import SimulatedPins

try:
    pin_factory(1000)
except DriverError:
    import lgpio

class TakenPins(SimulatedPins):
    def pin(self, name, pin_class=None, **kwargs):
        raise lgpio.error(lgpio.error_text(lgpio.GPIO_BUSY))

with TakenPins() as pins:
    try:
        GpioLocks(name="lockers", wiring={"A": LockWiring(5)}, factory=lambda: pins).connect()
    except DriverError as error:
        print(type(error).__name__, "|", error)
"""


class Stubborn:
    """A line that cannot be closed."""

    def __init__(self, pin: int, pin_factory: object) -> None:
        """It is open."""

    def close(self) -> None:
        raise OSError("GPIO busy")


def test_a_line_that_does_not_close_is_nobody_s_and_the_others_are_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Left to the garbage collector, gpiozero would close it in the midst of its own lock."""
    with SimulatedPins() as pins:
        lines = Lines("buttons", lambda: pins)
        lamp = lines.open(LED, 27, "lamp P")
        stubborn = ref(lines.open(Stubborn, 17, "button P"))
        lamp.on()
        gc.disable()
        try:
            lines.close()
            assert stubborn() is None
        finally:
            gc.enable()
        assert not pins.level(27)
        assert lamp.closed
    assert caplog.messages == ["buttons: closing: GPIO busy"]


def test_a_line_that_is_let_go_of_late_is_waited_for() -> None:
    with SimulatedPins() as pins:
        pins.hold(17)
        lines = Lines("buttons", lambda: pins)
        soon = Timer(0.05, pins.hold, (17,), {"held": False})
        soon.start()
        assert lines.open(InputDevice, 17, "button P", pull_up=True).pull_up
        soon.join()
        lines.close()


needs_lgpio = pytest.mark.skipif(find_spec("lgpio") is None, reason="lgpio is not installed")


def run(program: str, cwd: Path, **environment: str) -> list[str]:
    """The lines that `program` prints, run in `cwd`."""
    inherited = {name: value for name, value in os.environ.items() if name != "LG_WD"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=cwd,
        env=inherited | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@needs_lgpio
@pytest.mark.skipif(Path("/dev/gpiochip0").exists(), reason="this machine has GPIO")
@pytest.mark.parametrize(
    ("which", "what"), [("None", "the Pi's GPIO chip"), ("0", "/dev/gpiochip0"), ("4", "/dev/gpiochip4")]
)
def test_without_a_chip_the_buttons_are_missing_and_no_other_library_is_tried(
    tmp_path: Path, which: str, what: str
) -> None:
    found, *_ = run(NO_CHIP.replace("WHICH", which).replace("WORK_DIR", "None"), tmp_path)
    assert found.startswith(f"Missing | buttons: {what}: ")


@needs_lgpio
def test_lgpio_puts_its_fifo_where_it_is_told_and_the_process_stays_where_it_is(tmp_path: Path) -> None:
    program = NO_CHIP.replace("WHICH", "1000").replace("WORK_DIR", 'Path("fifos")')
    (tmp_path / "work").mkdir()
    _, moved, fifos = run(program.replace('"fifos"', repr(str(tmp_path / "fifos"))), tmp_path / "work")
    assert moved == "stayed"
    assert "lgd-nfy" in fifos
    assert list((tmp_path / "fifos").glob(".lgd-nfy*"))
    assert list((tmp_path / "work").iterdir()) == []


@needs_lgpio
def test_lg_wd_of_the_environment_is_obeyed(tmp_path: Path) -> None:
    program = NO_CHIP.replace("WHICH", "1000").replace("WORK_DIR", 'Path("elsewhere")')
    run(program, tmp_path, LG_WD=str(tmp_path / "run"))
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@needs_lgpio
def test_a_temporary_directory_is_gone_afterwards(tmp_path: Path) -> None:
    program = NO_CHIP.replace("WHICH", "1000").replace("WORK_DIR", "None")
    _, _, fifos = run(program, tmp_path, TMPDIR=str(tmp_path))
    assert "lgd-nfy" in fifos
    assert list(tmp_path.iterdir()) == []


@needs_lgpio
def test_lgpios_own_word_for_a_line_in_use_is_busy(tmp_path: Path) -> None:
    assert run(BUSY, tmp_path) == ["Busy | lockers: lock A on GPIO5: 'GPIO busy'"]
