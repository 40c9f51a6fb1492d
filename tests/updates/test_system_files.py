"""What a release brings for the system lies at its places, and goes with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.system_files import SystemFiles

UNIT = Path("usr/lib/systemd/system/frontdesk.service")
RULE = Path("usr/lib/udev/rules.d/70-frontdesk.rules")


def release(folder: Path, files: dict[Path, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.fixture
def files(tmp_path: Path) -> SystemFiles:
    (tmp_path / "system").mkdir()
    return SystemFiles(tmp_path / "placed", tmp_path / "system")


def there(tmp_path: Path) -> dict[Path, str]:
    system = tmp_path / "system"
    return {path.relative_to(system): path.read_text() for path in system.rglob("*") if path.is_file()}


def test_another_release_brings_its_own_and_takes_the_rest_away(files: SystemFiles, tmp_path: Path) -> None:
    (tmp_path / "system/etc").mkdir()
    (tmp_path / "system/etc/hostname").write_text("desk")
    files.place(release(tmp_path / "1", {UNIT: "one", RULE: "rule"}))
    assert there(tmp_path) == {UNIT: "one", RULE: "rule", Path("etc/hostname"): "desk"}

    files.place(release(tmp_path / "2", {UNIT: "two"}))

    assert there(tmp_path) == {UNIT: "two", Path("etc/hostname"): "desk"}
    files.displace()
    assert there(tmp_path) == {Path("etc/hostname"): "desk"}
    assert files.placed() == set()


def test_a_program_stays_one_and_what_is_there_is_not_written_again(
    files: SystemFiles, tmp_path: Path
) -> None:
    source = release(tmp_path / "1", {Path("opt/settle"): "#!/bin/sh\n"})
    (source / "opt/settle").chmod(0o755)
    files.place(source)
    placed = tmp_path / "system/opt/settle"
    assert placed.stat().st_mode & 0o777 == 0o755
    written = (placed, tmp_path / "placed")
    first = [(path.stat().st_ino, path.stat().st_mtime_ns) for path in written]

    files.place(source)

    assert [(path.stat().st_ino, path.stat().st_mtime_ns) for path in written] == first


def test_a_cut_while_files_are_placed_is_made_good_by_placing_again(
    files: SystemFiles, tmp_path: Path
) -> None:
    """The new rule cannot be written: its folder is a file. The old release's files come back whole."""
    old = release(tmp_path / "1", {UNIT: "one"})
    files.place(old)
    (tmp_path / "system/usr/lib/udev").write_text("in the way")
    new = release(tmp_path / "2", {UNIT: "two", RULE: "rule", Path("usr/lib/a.conf"): "a"})
    with pytest.raises(OSError, match="udev"):
        files.place(new)

    files.place(old)

    assert there(tmp_path) == {UNIT: "one", Path("usr/lib/udev"): "in the way"}


def test_a_release_without_files_of_its_own_leaves_no_list(files: SystemFiles, tmp_path: Path) -> None:
    files.place(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == [tmp_path / "system"]
