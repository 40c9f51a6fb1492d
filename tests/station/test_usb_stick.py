"""A visitor's USB stick: a real FAT file system, and a real exFAT one on a loop device, really mounted."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.errors import NotDelivered
from appliance.scanning import usb_stick
from appliance.scanning.usb_stick import StickRules

MB = 1_000_000


def run(*command: str | Path) -> str:
    return subprocess.run(
        [str(word) for word in command], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.pdf"
    path.write_bytes(b"%PDF-1.7\n" + os.urandom(1_500_000))
    return path


@pytest.fixture
def fat(tmp_path: Path) -> Iterator[Callable[..., StickRules]]:
    """A stick with FAT, mounted through FUSE: this kernel need not know FAT."""

    def put_in(*, options: str = "rw+", megabytes: int = 8, deadline_s: float = 20.0) -> StickRules:
        image = tmp_path / "sticks" / "usb-stick.img"
        image.parent.mkdir(exist_ok=True)
        with image.open("wb") as file:
            file.truncate(megabytes << 20)
        run("mkfs.vfat", image)
        return StickRules(
            str(tmp_path / "sticks" / "usb-*.img"),
            ("fusefat", "-o", options, "{device}", "{folder}"),
            ("umount", "{folder}"),
            deadline_s,
        )

    yield put_in
    for line in Path("/proc/self/mounts").read_text().splitlines():
        if str(tmp_path) in (place := line.split(" ")[1]):
            subprocess.run(["umount", "-l", place], check=False)


def read_from(rules: StickRules, name: str, folder: Path) -> bytes:
    """Put the stick into another machine, and read a file."""
    folder.mkdir()
    device = next(Path(rules.devices).parent.glob(Path(rules.devices).name))
    values = {"device": str(device), "folder": str(folder)}
    run(*(word.format(**values) for word in rules.mount))
    try:
        return (folder / name).read_bytes()
    finally:
        run("umount", folder)


def mounted(folder: Path) -> list[str]:
    return [line for line in Path("/proc/self/mounts").read_text().splitlines() if str(folder) in line]


def test_the_file_is_on_the_stick_and_the_stick_may_be_taken_out(
    fat: Callable[..., StickRules], book: Path, tmp_path: Path
) -> None:
    rules = fat()

    name = usb_stick.save(book, "pindaian.pdf", rules, tmp_path / "mounts")

    assert name == "pindaian.pdf"
    assert mounted(tmp_path) == []
    assert list((tmp_path / "mounts").iterdir()) == []
    assert read_from(rules, name, tmp_path / "elsewhere") == book.read_bytes()


def test_exfat_on_a_block_device_works_too(book: Path, tmp_path: Path) -> None:
    image = tmp_path / "exfat.img"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    run("mkfs.exfat", image)
    device = run("losetup", "-f", "--show", image)
    try:
        rules = StickRules(device, ("mount.exfat-fuse", "{device}", "{folder}"), ("umount", "{device}"), 20.0)
        name = usb_stick.save(book, "pindaian.pdf", rules, tmp_path / "mounts")
        assert mounted(tmp_path) == []
        assert read_from(rules, name, tmp_path / "elsewhere") == book.read_bytes()
    finally:
        run("losetup", "-d", device)


def test_what_is_on_the_stick_already_is_never_written_over(
    fat: Callable[..., StickRules], book: Path, tmp_path: Path
) -> None:
    rules = fat()
    first = usb_stick.save(book, "pindaian.pdf", rules, tmp_path / "mounts")
    second = usb_stick.save(book, "pindaian.pdf", rules, tmp_path / "mounts")
    assert (first, second) == ("pindaian.pdf", "pindaian-2.pdf")


def problem_of(book: Path, rules: StickRules, folder: Path) -> str:
    with pytest.raises(NotDelivered) as caught:
        usb_stick.save(book, "pindaian.pdf", rules, folder)
    return caught.value.why


def test_a_full_stick_is_told_and_holds_nothing_half(
    fat: Callable[..., StickRules], book: Path, tmp_path: Path
) -> None:
    rules = fat(megabytes=1)
    assert problem_of(book, rules, tmp_path / "mounts") == "stick_full"
    assert mounted(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        read_from(rules, "pindaian.pdf", tmp_path / "elsewhere")


def test_a_locked_stick_is_told(fat: Callable[..., StickRules], book: Path, tmp_path: Path) -> None:
    assert problem_of(book, fat(options="ro"), tmp_path / "mounts") == "stick_read_only"


def test_no_stick_two_sticks_and_a_stick_that_is_none(
    fat: Callable[..., StickRules], book: Path, tmp_path: Path
) -> None:
    rules = fat()
    stick = tmp_path / "sticks" / "usb-stick.img"
    shutil.copy(stick, stick.with_name("usb-other.img"))
    assert problem_of(book, rules, tmp_path / "mounts") == "several_sticks"

    stick.unlink()
    stick.with_name("usb-other.img").unlink()
    assert problem_of(book, rules, tmp_path / "mounts") == "no_stick"

    stick.write_bytes(b"no file system at all" * 1000)
    strict = StickRules(rules.devices, ("mount.exfat-fuse", "{device}", "{folder}"), rules.unmount, 20.0)
    assert problem_of(book, strict, tmp_path / "mounts") == "stick_unreadable"


def test_a_stick_that_is_pulled_before_it_is_unmounted_is_not_said_to_be_safe(
    fat: Callable[..., StickRules], book: Path, tmp_path: Path
) -> None:
    rules = fat()
    pulled = StickRules(rules.devices, rules.mount, ("sh", "-c", "umount -l {folder}; umount {folder}"), 20.0)
    assert problem_of(book, pulled, tmp_path / "mounts") == "stick_pulled"


def test_a_stick_that_has_gone_is_told(book: Path, tmp_path: Path) -> None:
    assert usb_stick.copy(book, tmp_path / "gone", "pindaian.pdf") == {"problem": "stick_pulled"}


def test_a_stick_that_stays_mounted_keeps_everything_that_is_on_it(
    fat: Callable[..., StickRules], book: Path, tmp_path: Path
) -> None:
    rules = fat()
    usb_stick.save(book, "photos.pdf", rules, tmp_path / "mounts")
    stuck = StickRules(rules.devices, rules.mount, ("false",), 20.0)
    assert problem_of(book, stuck, tmp_path / "mounts") == "stick_pulled"
    (place,) = [Path(line.split(" ")[1]) for line in mounted(tmp_path)]
    assert (place / "photos.pdf").read_bytes() == book.read_bytes()


def test_a_stick_that_hangs_is_given_up_at_its_deadline(book: Path, tmp_path: Path) -> None:
    (tmp_path / "usb-1").touch()
    rules = StickRules(str(tmp_path / "usb-*"), ("sleep", "60"), ("true",), 0.5)
    assert problem_of(book, rules, tmp_path / "mounts") == "stick_slow"
