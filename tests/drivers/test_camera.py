"""The camera through OpenCV's own VideoCapture: files, a recorded turn, and a stream that breaks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.base import Lost, Missing, Timeout
from drivers.camera import CameraSettings, OpenCvCamera
from drivers.simulated.station import SimulatedStation
from drivers.simulated.turning import noisy, turning

SOON_S = 20.0


def page(text: str) -> NDArray[np.uint8]:
    picture = np.full((480, 640, 3), 210, np.uint8)
    cv2.putText(picture, text, (40, 240), cv2.FONT_HERSHEY_SIMPLEX, 3, (20, 20, 20), 6)
    return picture


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A page, the hand that turns it, and the next page."""
    before, after = page("12"), page("14")
    frames = [
        noisy(before, 1),
        *(turning(before, after, share / 4) for share in range(1, 4)),
        noisy(after, 2),
    ]
    path = str(tmp_path / "turn.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 8, (640, 480))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedStation]:
    station = SimulatedStation(tmp_path_factory.mktemp("station"), width=800)
    station.start()
    yield station
    station.close()


def test_a_recording_is_seen_picture_by_picture_and_then_is_over(recording: str) -> None:
    camera = OpenCvCamera(recording)
    camera.connect()
    frames = [camera.grab() for _ in range(5)]

    sizes = [frame.reduced(4, grey=True).shape for frame in frames]
    assert sizes == [(120, 160)] * 5
    assert frames[0].photo().data[:3] == b"\xff\xd8\xff"
    assert frames[0].at_s <= frames[-1].at_s
    with pytest.raises(Lost):
        camera.grab()
    camera.close()


def test_what_is_kept_is_what_the_camera_sent(recording: str) -> None:
    camera = OpenCvCamera(recording)
    camera.connect()
    frame = camera.grab()
    camera.close()
    kept = frame.photo().data
    assert kept in Path(recording).read_bytes()
    decoded = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert np.array_equal(decoded, frame.reduced(1, grey=False))


def test_single_pictures_come_in_their_order(tmp_path: Path) -> None:
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f"page_{number:03d}.png"), page(str(number)))
    camera = OpenCvCamera(str(tmp_path / "page_%03d.png"))
    camera.connect()

    first, second = camera.grab(), camera.grab()
    camera.close()

    assert np.array_equal(first.reduced(1, grey=False), page("1"))
    assert np.array_equal(second.reduced(1, grey=False), page("2"))
    assert first.reduced(2, grey=True).shape == (240, 320)
    assert second.photo().data[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize(
    "address", ["/dev/v4l/by-id/no-such-camera-*", "/nowhere/page_%03d.jpg", "http://127.0.0.1:9/stream.mjpg"]
)
def test_a_camera_that_is_not_there_is_missing(address: str) -> None:
    camera = OpenCvCamera(address, CameraSettings(timeout_s=2.0))
    with pytest.raises(Missing):
        camera.connect()
    with pytest.raises(Lost):
        camera.grab()
    camera.close()


def test_a_stream_gives_pictures_as_they_are(station: SimulatedStation) -> None:
    camera = OpenCvCamera(station.address, CameraSettings(timeout_s=5.0, warm_up=1))
    camera.connect()
    frame = camera.grab()
    camera.close()
    assert frame.photo().suffix == "jpg"
    assert frame.reduced(1, grey=False).shape == (600, 800, 3)


def test_a_stream_that_stalls_is_noticed_and_taken_up_again(station: SimulatedStation) -> None:
    camera = OpenCvCamera(station.address, CameraSettings(timeout_s=1.0, warm_up=0))
    camera.connect()
    camera.grab()
    station.set_fault("unplugged", True)
    try:
        with pytest.raises((Timeout, Lost)):
            for _ in range(50):
                camera.grab()
        camera.close()
        with pytest.raises(Missing):
            camera.connect()
    finally:
        station.set_fault("unplugged", False)
    give_up = time.monotonic() + SOON_S
    while True:
        try:
            camera.connect()
            break
        except Missing:
            assert time.monotonic() < give_up
    assert camera.grab().reduced(8, grey=True).shape == (75, 100)
    camera.close()


def test_it_is_never_just_the_first_camera() -> None:
    with pytest.raises(Missing, match=r"several match: /dev/null, /dev/zero"):
        OpenCvCamera("/dev/[nz]*[lo]").connect()
