"""A front desk with a station, as a process that a test can kill: prints what was said to be saved."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from appliance import assembly, config, scans
from appliance.clock import SystemClock
from appliance.front_desk import assemble
from appliance.office import load_office
from appliance.runtime import Runtime


def main(folder: Path, camera: str) -> None:
    """Go on with the session that is there, or begin one; take pages until killed."""
    text = f'[site]\noffice = "1373"\n[scanner]\n[camera]\naddress = "{camera}"\nwidth = 640\nheight = 480\n'
    desk = assemble(load_office("1373"), config.parse(text), SystemClock(), folder)
    desk.store.open()
    desk.store.write(scans.settle_after_restart)
    if desk.store.read(scans.at_station) is None:
        scan = desk.store.write(scans.begin, desk.office, visit_id=None, opened_by="touch", language="id")
        desk.store.write(scans.accept, desk.office, scan.id, "bps")
    Runtime(assembly.duties(desk), desk.health, desk.changes).start()
    scan = desk.store.read(scans.at_station)
    if desk.station is None or scan is None:
        raise SystemExit(1)
    said: set[str] = set()
    while True:
        look = desk.station.look()
        for leaf in look.leaves:
            if leaf.key not in said:
                said.add(leaf.key)
                sys.stdout.write(f"{scan.id} {leaf.key} {leaf.state}\n")
                sys.stdout.flush()
        if look.process == "ready" and look.live:
            try:
                desk.station.take(desk.office, scan)
            except ValueError:  # it has just been killed
                continue
        time.sleep(0.15)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
