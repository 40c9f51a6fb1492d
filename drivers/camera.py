"""A camera over the book, over OpenCV.

Three kinds of address, one class of OpenCV (VideoCapture) below them: a camera of this machine
(`/dev/v4l/by-id/...`, found by its pattern), a camera that streams over the network (`http://...`, MJPEG),
and files: a recording (`turn.avi`), or single pictures (`page_%03d.jpg`).

Pictures are taken as the camera sends them, JPEG where it can: kept as they are without a second
compression, and decoded only to the size that is looked at, which makes watching the page cheap. A camera
that cannot send JPEG gives decoded pictures, and works all the same.
"""

from __future__ import annotations

import glob
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from drivers.base import Busy, Frame, Lost, Missing, Photo, Timeout

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_QUALITY = 95
_NETWORK: Final = ("http://", "https://", "rtsp://")
_MJPG: Final = "MJPG"


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """How the camera is set. None leaves focus and exposure to the camera."""

    width: int = 4000
    height: int = 3000
    focus: float | None = None
    exposure: float | None = None
    timeout_s: float = 5.0
    warm_up: int = 5  # pictures that are thrown away: a camera first has to find its exposure


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """A picture that came as JPEG."""

    data: NDArray[np.uint8]
    at_s: float

    def photo(self) -> Photo:
        """The very bytes that the camera sent."""
        return Photo(self.data.tobytes(), "jpg")

    def reduced(self, factor: Literal[1, 2, 4, 8], *, grey: bool) -> NDArray[np.uint8]:
        """Decoded to a fraction of its size, at a fraction of the cost. Raises Lost for half a picture."""
        import cv2

        how = {
            (1, True): cv2.IMREAD_GRAYSCALE,
            (2, True): cv2.IMREAD_REDUCED_GRAYSCALE_2,
            (4, True): cv2.IMREAD_REDUCED_GRAYSCALE_4,
            (8, True): cv2.IMREAD_REDUCED_GRAYSCALE_8,
            (1, False): cv2.IMREAD_COLOR,
            (2, False): cv2.IMREAD_REDUCED_COLOR_2,
            (4, False): cv2.IMREAD_REDUCED_COLOR_4,
            (8, False): cv2.IMREAD_REDUCED_COLOR_8,
        }[factor, grey]
        picture = cv2.imdecode(self.data, how)
        if picture is None:
            raise Lost("camera", "half a picture came")
        return cast("NDArray[np.uint8]", picture)  # by these flags


@dataclass(frozen=True, slots=True)
class DecodedFrame:
    """A picture that came as pixels."""

    pixels: NDArray[np.uint8]
    at_s: float

    def photo(self) -> Photo:
        """Compressed once, with little loss."""
        import cv2

        done, data = cv2.imencode(".jpg", self.pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        if not done:
            raise Lost("camera", "the picture could not be kept")
        return Photo(data.tobytes(), "jpg")

    def reduced(self, factor: Literal[1, 2, 4, 8], *, grey: bool) -> NDArray[np.uint8]:
        """At a fraction of its size."""
        import cv2

        picture: Any = self.pixels
        if factor > 1:
            picture = cv2.resize(picture, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        return cast("NDArray[np.uint8]", cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if grey else picture)


@dataclass
class OpenCvCamera:
    """The camera at `address`: a pattern of device files, a stream's address, or files."""

    address: str
    settings: CameraSettings = field(default_factory=CameraSettings)
    name: str = "camera"
    _capture: Any = field(default=None, init=False)

    def connect(self) -> None:
        """Open the camera and set it. Raises Missing or Busy."""
        import cv2

        self.close()
        where, backend, options = self._way(cv2)
        capture = cv2.VideoCapture(where, backend, options)
        if not capture.isOpened():
            capture.release()
            kind = Busy if backend == cv2.CAP_V4L2 else Missing  # the device file is there, so it is in use
            raise kind(self.name, where)
        self._capture = capture
        self._set(cv2, backend)

    def close(self) -> None:
        """Let go of the camera."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def grab(self) -> Frame:
        """The next picture."""
        if self._capture is None:
            raise Lost(self.name, "not connected")
        began = time.monotonic()
        done, picture = self._capture.read()
        now = time.monotonic()
        if not done or picture is None:
            # A stream that has stalled never comes back: whoever asked connects again.
            late = now - began >= self.settings.timeout_s * 0.9
            raise (Timeout if late else Lost)(self.name, "no picture came")
        if picture.shape[0] == 1:  # the bytes of one JPEG
            return JpegFrame(picture, now)
        return DecodedFrame(picture, now)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as the camera gives them; it may not have taken what was asked."""
        import cv2

        if self._capture is None:
            return 0, 0
        return int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(
            self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        )

    def _way(self, cv2: Any) -> tuple[str, int, list[int]]:
        if self.address.startswith("/dev/"):
            return self._device_file(), cv2.CAP_V4L2, []
        if self.address.startswith(_NETWORK):
            limit_ms = int(self.settings.timeout_s * 1000)
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, limit_ms, cv2.CAP_PROP_READ_TIMEOUT_MSEC, limit_ms]
            return self.address, cv2.CAP_FFMPEG, limits
        return self.address, cv2.CAP_IMAGES if "%" in self.address else cv2.CAP_FFMPEG, []

    def _device_file(self) -> str:
        found = sorted(glob.glob(self.address))  # noqa: PTH207 - the pattern is absolute
        if len(found) != 1:
            why = f"several match: {', '.join(found)}" if found else "no such camera"
            raise Missing(self.name, f"{self.address}: {why}")
        return found[0]

    def _set(self, cv2: Any, backend: int) -> None:
        if backend == cv2.CAP_V4L2:
            self._set_camera(cv2)
        if backend == cv2.CAP_FFMPEG:
            self._capture.set(cv2.CAP_PROP_FORMAT, -1)  # the bytes as they come
        if backend != cv2.CAP_IMAGES and not self._is_file():
            for _ in range(self.settings.warm_up):
                self._capture.grab()

    def _set_camera(self, cv2: Any) -> None:
        """The order matters: how pictures are sent, then their size; pixels are too slow for USB 2."""
        wanted: Mapping[int, float | None] = {
            cv2.CAP_PROP_FOURCC: float(cv2.VideoWriter.fourcc(*_MJPG)),
            cv2.CAP_PROP_FRAME_WIDTH: float(self.settings.width),
            cv2.CAP_PROP_FRAME_HEIGHT: float(self.settings.height),
            cv2.CAP_PROP_BUFFERSIZE: 1.0,
            cv2.CAP_PROP_CONVERT_RGB: 0.0,  # the bytes as they come, where that is JPEG
            cv2.CAP_PROP_AUTOFOCUS: None if self.settings.focus is None else 0.0,
            cv2.CAP_PROP_FOCUS: self.settings.focus,
            cv2.CAP_PROP_AUTO_EXPOSURE: None if self.settings.exposure is None else 1.0,  # V4L2: by hand
            cv2.CAP_PROP_EXPOSURE: self.settings.exposure,
        }
        for key, value in wanted.items():
            if value is not None:
                self._capture.set(key, value)
        if int(self._capture.get(cv2.CAP_PROP_FOURCC)) != cv2.VideoWriter.fourcc(*_MJPG):
            self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 1.0)  # it has not taken JPEG, whatever `set` said

    def _is_file(self) -> bool:
        return not self.address.startswith(("/dev/", *_NETWORK))
