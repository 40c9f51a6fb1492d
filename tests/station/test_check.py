"""`frontdesk check` finds the scanner and the camera, and the front desk itself never loads an array."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PIL import Image

from appliance import assembly, check_acts, checks, staff
from appliance.checks import Checkup
from appliance.config import parse
from appliance.messages import Message
from drivers.simulated.station import SimulatedStation
from tests.conftest import HASHED, logged_in
from tests.station.conftest import StationAtWork, settings
from web import create_app


def test_the_check_finds_the_scanner_and_the_camera(house: SimulatedStation) -> None:
    results = [checks.look(one) for one in assembly.checkups(settings(house))]
    assert [(one.device, one.problem) for one in results] == [("camera", None), ("flatbed", None)]
    assert results[0].said == (Message("check.said.named", {"name": "1200 x 900"}),)


def test_a_frame_is_kept_where_it_is_wanted(house: SimulatedStation, tmp_path: Path) -> None:
    camera = assembly.scanning_devices(settings(house))[0]
    path = tmp_path / "frame.jpg"
    result = checks.look(Checkup(camera, lambda: check_acts.keep_picture(camera.picture, path), "frame"))
    assert (result.device, result.act, result.problem) == ("camera", "frame", None)
    with Image.open(path) as picture:
        assert picture.size == (1200, 900)


def test_the_page_shows_one_frame_while_nobody_scans_and_never_a_visitors(
    work: StationAtWork,
) -> None:
    desk = work.desk
    member = desk.store.write(
        staff.add, login="budi", name="Budi Santoso", role="administrator", password_hash=HASHED
    )
    client = logged_in(create_app(desk), desk, member)
    url = "/admin/check"
    work.wait(lambda look: look.process == "ready" and look.camera is None)
    assert client.get(f"{url}/frame.jpg").status_code == 404

    client.post(f"{url}/frame")
    work.wait(lambda _: client.get(f"{url}/frame.jpg").status_code == 200)
    assert "frame.jpg?n=" in client.get(f"{url}/now").text

    work.begin()
    work.wait(lambda look: look.live > 1)
    assert client.get(f"{url}/frame.jpg").status_code == 404
    page = client.get(f"{url}/now").text
    assert "frame.jpg" not in page
    assert "sedang dipakai pengunjung" in page


def test_the_check_says_what_is_wrong_with_each(house: SimulatedStation) -> None:
    house.glass.set_fault("unplugged", True)
    text = (
        '[site]\noffice = "1373"\n[scanner]\n[flatbed]\ndevice = "^test:0"\n'
        f'sane_config = "{house.sane_folder}"\n'
        '[camera]\naddress = "/dev/v4l/by-id/none-*"\n'
    )
    results = [checks.look(one) for one in assembly.checkups(parse(text))]
    assert [(one.device, one.problem) for one in results] == [("camera", "missing"), ("flatbed", "missing")]
    assert "no such camera" in results[0].detail
    assert "no scanner at all" in results[1].detail


def test_the_front_desks_own_process_loads_neither_opencv_nor_sane_nor_arrays(tmp_path: Path) -> None:
    script = f"""
import sys
from pathlib import Path
from appliance.__main__ import main
from appliance import assembly, config
from appliance.clock import SystemClock
from appliance.front_desk import assemble
from appliance.office import load_office
from web import create_app
text = '[site]\\noffice = "1373"\\n[scanner]\\n[camera]\\naddress = "/dev/video0"\\n'
desk = assemble(load_office("1373"), config.parse(text), SystemClock(), Path({str(tmp_path)!r}))
app = create_app(desk)
assembly.duties(desk)
desk.store.open()
assert app.test_client().get("/scanner").status_code == 200
desk.store.close()
print(sorted({{"numpy", "cv2", "sane", "zxingcpp", "img2pdf", "pikepdf"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
