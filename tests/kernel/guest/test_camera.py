"""The page camera's driver on a V4L2 device of the kernel's own: vivid, which draws its pictures itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from drivers.base import Busy, DriverError, Lost, Missing, Timeout
from drivers.camera import CameraSettings, OpenCvCamera
from tests.kernel.guest.benches import VIDEO, plug_camera
from tests.kernel.guest.lines import await_that

pytestmark = pytest.mark.kernel

SETTINGS = CameraSettings(width=640, height=360, timeout_s=10.0, warm_up=1)


@pytest.fixture
def camera() -> Iterator[OpenCvCamera]:
    await_that(VIDEO.exists)
    camera = OpenCvCamera(str(VIDEO), SETTINGS)
    yield camera
    camera.close()


def test_pictures_come_and_move(camera: OpenCvCamera) -> None:
    began = time.monotonic()
    camera.connect()
    first = camera.grab()
    print(f"  camera opened, first picture after {time.monotonic() - began:.2f} s")  # noqa: T201
    second = camera.grab()
    one, other = (frame.reduced(1, grey=True) for frame in (first, second))
    assert one.shape == other.shape == (360, 640)
    assert np.ptp(one) > 100, "it is not one colour"
    assert not np.array_equal(one, other), "vivid counts its pictures"
    assert first.at_s < second.at_s
    assert first.photo().data[:3] == b"\xff\xd8\xff"


def test_it_is_found_by_its_pattern(camera: OpenCvCamera) -> None:
    camera.close()
    found = OpenCvCamera("/dev/video[0]", SETTINGS)
    found.connect()
    assert found.grab().reduced(4, grey=True).shape == (90, 160)
    found.close()


def test_a_camera_that_another_program_has_is_busy(camera: OpenCvCamera) -> None:
    camera.connect()
    camera.grab()
    other = OpenCvCamera(str(VIDEO), SETTINGS)
    with pytest.raises(Busy):
        other.connect()
    assert camera.grab().reduced(1, grey=True).any(), "the first one goes on"
    camera.close()
    other.connect()
    assert other.grab().reduced(1, grey=True).any()
    other.close()


def test_pulled_out_it_is_lost_then_missing_and_put_back_it_gives_pictures(camera: OpenCvCamera) -> None:
    camera.connect()
    camera.grab()
    plug_camera(plugged=False)
    with pytest.raises((Lost, Timeout)):
        for _ in range(100):  # those that were taken already still come
            camera.grab()
    camera.close()
    with pytest.raises(Missing):
        camera.connect()
    plug_camera(plugged=True)
    await_that(lambda: _opens(camera))
    assert camera.grab().reduced(1, grey=True).any()


def _opens(camera: OpenCvCamera) -> bool:
    try:
        camera.connect()
    except DriverError:
        return False
    return True
