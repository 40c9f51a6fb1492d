"""Small files that are whole or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from appliance.files import link_durably, write_durably


def test_a_file_is_written_for_its_owner_alone_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_durably(path, b"first")
    write_durably(path, b"second")
    assert path.read_bytes() == b"second"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_what_an_earlier_cut_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "key.new").write_bytes(b"ha")
    write_durably(tmp_path / "key", b"whole")
    assert (tmp_path / "key").read_bytes() == b"whole"
    assert not (tmp_path / "key.new").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_durably(tmp_path / "nowhere" / "key", b"")


def test_a_link_is_put_over_another(tmp_path: Path) -> None:
    link_durably(tmp_path / "current", "releases/1")
    link_durably(tmp_path / "current", "releases/2")
    assert (tmp_path / "current").readlink() == Path("releases/2")
    assert [file.name for file in tmp_path.iterdir()] == ["current"]
