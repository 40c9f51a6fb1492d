"""The drivers on a real kernel: each test of tests/kernel/guest, run in a machine of QEMU's, is one here."""

from __future__ import annotations

import os
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel import machine

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(1200)]

WITHIN_S = 900.0
PARTS = ("gpio", "usb_printer", "camera", "contract_")


@pytest.fixture(scope="module")
def kernel() -> machine.Kernel:
    """Debian's stock kernel. Skips, with the reason, where there is no QEMU and none can be had."""
    if os.geteuid() != 0:
        pytest.skip("as root: the machine is given the whole file system to read")
    try:
        machine.provide()
        return machine.kernel()
    except machine.NoMachine as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module", params=PARTS)
def ran(
    request: pytest.FixtureRequest, kernel: machine.Kernel, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What pytest wrote down in the machine about one part of the tests."""
    folder = tmp_path_factory.mktemp(request.param)
    tests = f"tests/kernel/guest/test_{request.param}*.py"
    options = "-m kernel -s -p no:cacheprovider -p no:randomly --color=no --timeout=300"
    began = time.monotonic()
    machine.run(
        kernel,
        folder,
        f"{sys.executable} -m pytest {tests} {options} --junit-xml=/run/out/results.xml",
        WITHIN_S,
    )
    print(f"  {request.param}: {time.monotonic() - began:.0f} s")  # noqa: T201
    return folder / "results.xml"


def results(written: Path) -> Iterator[tuple[str, str]]:
    """Each test, and what is to be said against it."""
    for case in ET.parse(written).iter("testcase"):
        against = [found for kind in ("failure", "error", "skipped") for found in case.iter(kind)]
        yield case.get("name") or "", "\n".join(found.text or found.get("message") or "" for found in against)


def test_every_test_in_the_machine_has_passed(ran: Path) -> None:
    found = dict(results(ran))
    assert found
    bad = {name: against for name, against in found.items() if against}
    assert not bad, "\n".join(f"{name}\n{against}" for name, against in bad.items())
    print(f"  {len(found)} passed")  # noqa: T201
