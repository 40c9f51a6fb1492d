"""The front desk itself never loads what only pages need: it costs memory and time at the start."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("cv2", "numpy", "pikepdf", "img2pdf")
FRONT_DESK = "import appliance.__main__, appliance.assembly, appliance.front_desk, web, web.server, sys"


def test_the_front_desk_itself_never_loads_opencv() -> None:
    ask = f"{FRONT_DESK}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_who_asks_for_pages_does_not_load_opencv_either() -> None:
    ask = "import appliance.scanning.digitising, sys; print('cv2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
