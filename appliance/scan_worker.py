"""The scanning process: holds SANE, OpenCV and the page pipeline, so that the front desk never does.

`python -m appliance.scan_worker`, started by the front desk or, for a call at its socket, by
`scan_service.py` (see `scanning/wire.py`). With `assembly.py` this is the second place
that knows concrete devices. It writes files into the session's folder and lines to its standard output; the
database it never touches. It ends when its standard input does, in whatever state a library is: what is not
on the disk by then was never said to be saved.
"""

from __future__ import annotations

import ctypes
import logging
import os
import resource
import signal
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

import cv2

from appliance import logs
from appliance.errors import StationAway
from appliance.scanning.darkroom import Darkroom
from appliance.scanning.folder import ScanFolder
from appliance.scanning.lanes import CameraLane, DarkroomLane, GlassLane, Shelf, state_of
from appliance.scanning.protocol import Line, Setup, decode, encode
from drivers.base import DriverError
from drivers.camera import CameraSettings, OpenCvCamera
from drivers.flatbed import Option, SaneFlatbed, ScanSettings

log = logging.getLogger(__name__)

NICE: Final = 5
PULSE_EVERY_S: Final = 1.0
_PR_SET_PDEATHSIG: Final = 1


class Worker:
    """One scanning process."""

    def __init__(self, setup: Setup) -> None:
        self._out = threading.Lock()
        self._shelf = Shelf(self.tell)
        self._camera = CameraLane(_camera(setup), self._shelf, self.tell) if setup.camera else None
        self._glass = GlassLane(_flatbed(setup), self._shelf, self.tell) if setup.flatbed else None
        self._darkroom = DarkroomLane(Darkroom(setup), self._shelf, self.tell)

    def start(self) -> None:
        """Start the lanes."""
        for name, lane in (("camera", self._camera), ("glass", self._glass), ("darkroom", self._darkroom)):
            if lane is not None:
                threading.Thread(target=_to_the_end(lane.run), name=name, daemon=True).start()
        threading.Thread(target=_to_the_end(self._beat), name="pulse", daemon=True).start()
        self.tell({"is": "ready"})

    def do(self, line: Line) -> None:
        """Carry out one command. What takes time is a lane's work."""
        acts: dict[str, Callable[[Line], None]] = {
            "open": lambda line: self._shelf.open(ScanFolder(Path(line["folder"]))),
            "bind": self._darkroom.bind,
            **(self._camera_acts(self._camera) if self._camera else {}),
            **(self._glass_acts(self._glass) if self._glass else {}),
        }
        if line["do"] in acts:
            acts[line["do"]](line)
        else:
            self.tell({"is": "refused", "code": StationAway.code})

    @staticmethod
    def _camera_acts(camera: CameraLane) -> dict[str, Callable[[Line], None]]:
        def let_take(line: Line) -> None:
            camera.auto = line["on"]

        return {
            "take": lambda line: camera.take(line.get("instead")),
            "auto": let_take,
            "show": lambda _line: camera.show(),
        }

    @staticmethod
    def _glass_acts(glass: GlassLane) -> dict[str, Callable[[Line], None]]:
        return {
            "scan": lambda line: glass.scan(line.get("instead")),
            "read_ticket": lambda _line: glass.read_ticket(),
            "cancel": lambda _line: glass.cancel(),
        }

    def tell(self, line: Line) -> None:
        """Say something to the front desk."""
        with self._out:
            sys.stdout.buffer.write(encode(line))
            sys.stdout.buffer.flush()

    def _beat(self) -> None:
        while True:
            self.tell(state_of(self._camera, self._glass, self._darkroom))
            time.sleep(PULSE_EVERY_S)


def _camera(setup: Setup) -> OpenCvCamera:
    if setup.camera is None:
        raise ValueError("no camera is set up")
    one = setup.camera
    settings = CameraSettings(one.width, one.height, one.focus, one.exposure, one.timeout_s)
    return OpenCvCamera(one.address, settings)


def _flatbed(setup: Setup) -> SaneFlatbed:
    if setup.flatbed is None:
        raise ValueError("no flatbed is set up")
    one = setup.flatbed
    options: dict[str, Option] = {"source": one.source} if one.source else {}
    area = (one.area_mm[0], one.area_mm[1], one.area_mm[2], one.area_mm[3]) if one.area_mm else None
    colour: Literal["colour", "grey"] = "grey" if one.colour == "grey" else "colour"
    settings = ScanSettings(one.resolution, colour, area, options)
    return SaneFlatbed(pattern=one.device, settings=settings)


def _to_the_end(run: Callable[[], None]) -> Callable[[], None]:
    """A lane that falls takes the process with it: the front desk starts it anew, at the same page."""

    def guarded() -> None:
        try:
            run()
        except BrokenPipeError:  # the front desk has gone
            os._exit(0)
        except BaseException:
            log.exception("%s fell", threading.current_thread().name)
            os._exit(70)

    return guarded


def _restrict(memory_mb: int) -> None:
    """Low priority, one thread for each lane, a limit on memory, and no life after the front desk's."""
    os.nice(NICE)
    cv2.setNumThreads(1)
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * 2**20, memory_mb * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the visitor's pages
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def look(setup: Setup) -> list[Line]:
    """For `frontdesk check`: whether each device is there, and what a camera sees."""
    devices = [_camera(setup)] if setup.camera else []
    devices += [_flatbed(setup)] if setup.flatbed else []  # type: ignore[list-item]
    return [_look_at(device) for device in devices]


def _look_at(device: OpenCvCamera | SaneFlatbed) -> Line:
    said: Line = {"is": "device", "device": device.name, "problem": None, "detail": ""}
    try:
        device.connect()
        if isinstance(device, OpenCvCamera):
            frame = device.grab()
            grey = frame.reduced(1, grey=True)
            said["picture"] = b64encode(frame.photo().data).decode("ascii")
            said["detail"] = f"{grey.shape[1]} x {grey.shape[0]}"
    except DriverError as error:
        said |= {"problem": error.code, "detail": error.detail}
    finally:
        device.close()
    return said


def main() -> None:
    """Set up by the first line; then do what each line says, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the front desk's to answer: it ends this
    logs.begin()
    lines = iter(sys.stdin.buffer.readline, b"")
    first = decode(next(lines))
    setup = Setup.of(first)
    _restrict(setup.memory_mb)
    if first["sane_config"]:
        os.environ["SANE_CONFIG_DIR"] = first["sane_config"]  # read when libsane is loaded
    if first.get("look"):
        for said in look(setup):
            sys.stdout.buffer.write(encode(said))
        sys.stdout.buffer.flush()
        os._exit(0)
    worker = Worker(setup)
    worker.start()
    for line in lines:
        worker.do(decode(line))
    # No tidy end: libsane's may hang for a minute, and everything that counts is on the disk.
    os._exit(0)


if __name__ == "__main__":
    main()
