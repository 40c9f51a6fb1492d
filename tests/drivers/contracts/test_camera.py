"""The contract of cameras: a stream, a recording, and single pictures, all through OpenCV."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from PIL import Image

from drivers.camera import CameraSettings, OpenCvCamera
from drivers.simulated.station import SimulatedStation

WIDTH, HEIGHT = 800, 600
QUICK = CameraSettings(timeout_s=4.0, warm_up=0)


def page(number: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = np.full((HEIGHT, WIDTH, 3), 210, np.uint8)
    cv2.putText(picture, str(number), (40, 300), cv2.FONT_HERSHEY_SIMPLEX, 6, (20, 20, 20), 12)
    return picture


@contextmanager
def stream(folder: Path) -> Iterator[OpenCvCamera]:
    station = SimulatedStation(folder, width=WIDTH)
    station.start()
    yield OpenCvCamera(station.address, QUICK)
    station.close()


@contextmanager
def recording(folder: Path) -> Iterator[OpenCvCamera]:
    path = str(folder / "turn.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 8, (WIDTH, HEIGHT))
    for number in range(8):
        writer.write(page(number))
    writer.release()
    yield OpenCvCamera(path, QUICK)


@contextmanager
def pictures(folder: Path) -> Iterator[OpenCvCamera]:
    for number in range(8):
        cv2.imwrite(str(folder / f"page_{number:03}.jpg"), page(number))
    yield OpenCvCamera(str(folder / "page_%03d.jpg"), QUICK)


BENCHES: dict[str, Callable[[Path], AbstractContextManager[OpenCvCamera]]] = {
    "stream": stream,
    "recording": recording,
    "pictures": pictures,
}


@dataclass(frozen=True)
class Bench:
    """A camera, and the size of its pictures in pixels."""

    camera: OpenCvCamera
    width: int = WIDTH
    height: int = HEIGHT


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with BENCHES[request.param](tmp_path) as camera:
        camera.connect()
        yield Bench(camera)
        camera.close()


def test_a_frame_is_kept_as_a_picture_that_others_can_open(bench: Bench) -> None:
    photo = bench.camera.grab().photo()
    with Image.open(io.BytesIO(photo.data)) as picture:
        assert picture.size == (bench.width, bench.height)
        assert picture.format == {"jpg": "JPEG", "png": "PNG"}[photo.suffix]


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
def test_a_frame_is_seen_at_a_fraction_of_its_size(bench: Bench, factor: Literal[1, 2, 4, 8]) -> None:
    frame = bench.camera.grab()
    height, width = bench.height // factor, bench.width // factor
    assert frame.reduced(factor, grey=True).shape == (height, width)
    assert frame.reduced(factor, grey=False).shape == (height, width, 3)


def test_frames_come_in_the_order_of_their_time(bench: Bench) -> None:
    times = [bench.camera.grab().at_s for _ in range(3)]
    assert times == sorted(times)
