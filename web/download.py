"""The download on a phone: a random link, for a few minutes, counted; nothing else leads to a scan."""

from __future__ import annotations

from flask import Blueprint, render_template, send_file
from flask.typing import ResponseReturnValue

from appliance import scans
from appliance.errors import LinkOver
from appliance.scans import Scan
from web.context import prefer
from web.parts import front_desk
from web.protection import limited

download = Blueprint("download", __name__, url_prefix="/d/<token>")

FILE_NAME = "pindaian-pst.pdf"
MB = 1_000_000


@download.get("")
@limited(burst=10, every_s=5.0)
def offer(token: str) -> ResponseReturnValue:
    """What there is to download, and for how long."""
    scan = _of(token)
    desk = front_desk()
    left_s = scan.link_left_s(desk.clock.now(), desk.scan_limits)
    minutes, mb = max(1, round(left_s / 60)), f"{scan.bytes / MB:.1f}"
    return render_template("scanner/download.html", scan=scan, token=token, minutes=minutes, mb=mb)


@download.get(f"/{FILE_NAME}")
@limited(burst=10, every_s=5.0)
def fetch(token: str) -> ResponseReturnValue:
    """The PDF itself."""
    return hand_over(_of(token))


def hand_over(scan: Scan) -> ResponseReturnValue:
    """The PDF of a session as an answer, counted. Raises LinkOver where it is gone."""
    desk = front_desk()
    if desk.station is None:
        raise LinkOver
    path = desk.station.folder_of(scan).book.resolve()
    if not path.is_file():
        raise LinkOver
    answer = send_file(path, mimetype="application/pdf", as_attachment=True, download_name=FILE_NAME)
    desk.store.write(scans.delivered, scan.id, "download")
    return answer


def _of(token: str) -> Scan:
    desk = front_desk()
    scan = desk.store.read(scans.of_link, token, desk.clock.now(), desk.scan_limits)
    prefer(scan.language)
    return scan
