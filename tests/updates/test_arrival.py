"""A release file is taken only when it is ours, whole, newer and harmless; else nothing of it stays."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.errors import ReleaseError
from appliance.updates import arrival, parcel, signature
from installer.release import NAMESPACE, sum_up
from tests.updates.parcels import Maker


def install(file: Path, root: Path, trusted: Path, *, allow_older: bool = False) -> str:
    return arrival.install(file, root, trusted, "1.9", allow_older=allow_older)


def everything(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_a_release_of_a_trusted_maker_is_laid_beside_the_others(
    maker: Maker, trusted: Path, root: Path
) -> None:
    assert install(maker.release("1.10", "echo new"), root, trusted) == "1.10"

    program = root / "releases/1.10/bin/frontdesk"
    assert subprocess.run([program], check=True, capture_output=True, text=True).stdout == "new\n"
    assert (root / "current").readlink() == Path("releases/1.9"), "going over to it is another step"
    assert not (root / "incoming").exists()


def test_what_an_earlier_trial_left_is_replaced(maker: Maker, trusted: Path, root: Path) -> None:
    (root / "releases/2.0/bin").mkdir(parents=True)
    (root / "releases/2.0/bin/rest").touch()
    (root / "incoming/half").mkdir(parents=True)

    install(maker.release("2.0"), root, trusted)

    assert [path.name for path in (root / "releases/2.0/bin").iterdir()] == ["frontdesk"]


# ------------------------------------------------------------------------------- what is refused


def without_signature(maker: Maker) -> Path:
    file = maker.release("2.0")
    file.with_name(f"{file.name}.sig").unlink()
    return file


def of_somebody_else(maker: Maker) -> Path:
    return Maker(maker.key.parent / "other").release("2.0")


def changed_after_signing(maker: Maker) -> Path:
    file = maker.release("2.0")
    content = bytearray(file.read_bytes())
    content[700] ^= 1
    file.write_bytes(content)
    return file


def torn(maker: Maker) -> Path:
    file = maker.release("2.0")
    os.truncate(file, file.stat().st_size // 2)
    return file


def with_nonsense_for_a_signature(maker: Maker) -> Path:
    file = maker.release("2.0")
    file.with_name(f"{file.name}.sig").write_text("-----BEGIN SSH SIGNATURE-----\nAAAA\n")
    return file


def signed_for_something_else(maker: Maker) -> Path:
    file = maker.release("2.0")
    file.with_name(f"{file.name}.sig").unlink()
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", maker.key, "-n", "mail", file], check=True)
    return file


def torn_between_files_and_signed(maker: Maker) -> Path:
    file = maker.release("2.0")
    os.truncate(file, file.read_bytes().index(b"pst-frontdesk-2.0/program"))
    maker.sign(file)
    return file


def torn_in_a_file_and_signed(maker: Maker) -> Path:
    file = maker.release("2.0")
    os.truncate(file, file.read_bytes().index(b"#!/bin/sh") + 3)
    maker.sign(file)
    return file


def without_sums(maker: Maker) -> Path:
    folder = maker.lay_out("2.0")
    (folder / "SHA256SUMS").unlink()
    return maker.pack(folder)


def no_archive(maker: Maker) -> Path:
    file = maker.key.with_name("letter.tar")
    file.write_text("Dear colleague, " * 1000)
    maker.sign(file)
    return file


def of_another_product(maker: Maker) -> Path:
    return maker.pack(maker.lay_out("2.0", product="tax-desk"))


def without_description(maker: Maker) -> Path:
    folder = maker.lay_out("2.0")
    (folder / "release.toml").unlink()
    return maker.pack(folder)


def of_a_version_that_is_none(maker: Maker) -> Path:
    folder = maker.lay_out("2.0")
    (folder / "release.toml").write_text('product = "pst-frontdesk"\nversion = "../../etc"\n')
    return maker.pack(folder)


def damaged_before_it_was_packed(maker: Maker) -> Path:
    folder = maker.lay_out("2.0")
    (folder / "program").write_text("#!/bin/sh\nexit 1\n")
    return maker.pack(folder)


def with_a_file_that_no_list_names(maker: Maker) -> Path:
    folder = maker.lay_out("2.0")
    (folder / "system/etc").mkdir()
    (folder / "system/etc/sudoers").write_text("visitor ALL=(ALL) ALL\n")
    return maker.pack(folder)


def older(maker: Maker) -> Path:
    return maker.release("1.8.7")


def the_same(maker: Maker) -> Path:
    return maker.release("1.9")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda maker: maker.key.with_name("nothing.tar"), "there is no file"),
        (without_signature, "there is no signature"),
        (of_somebody_else, "is of a key that .* does not name"),
        (with_nonsense_for_a_signature, "is of a key that .* does not name, or is no signature"),
        (changed_after_signing, "is not what release signed"),
        (torn, "is not what release signed"),
        (signed_for_something_else, "is not what release signed"),
        (torn_between_files_and_signed, "holds no release.toml"),
        (torn_in_a_file_and_signed, "not a release, or only a part of one"),
        (without_sums, "holds no SHA256SUMS"),
        (no_archive, "not a release, or only a part of one"),
        (of_another_product, "is of another product: 'tax-desk'"),
        (without_description, "holds no release.toml"),
        (of_a_version_that_is_none, "'../../etc' is not a version"),
        (damaged_before_it_was_packed, "program came out damaged"),
        (with_a_file_that_no_list_names, "does not hold what its list names: system/etc/sudoers"),
        (older, "release 1.8.7 is older than 1.9"),
        (the_same, "release 1.9 is the current one"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_file_that_is_not_in_order_leaves_nothing_behind(
    make: Callable[[Maker], Path], reason: str, maker: Maker, trusted: Path, root: Path
) -> None:
    file = make(maker)
    before = everything(root)

    with pytest.raises(ReleaseError, match=reason):
        install(file, root, trusted)

    assert everything(root) == before


def test_an_older_release_is_taken_when_it_is_asked_for(maker: Maker, trusted: Path, root: Path) -> None:
    assert install(maker.release("1.8.7"), root, trusted, allow_older=True) == "1.8.7"


def test_a_machine_that_trusts_nobody_takes_nothing(maker: Maker, tmp_path: Path, root: Path) -> None:
    with pytest.raises(ReleaseError, match=r"trusts nobody: there is no .*nowhere"):
        install(maker.release("2.0"), root, tmp_path / "nowhere")


def test_without_room_nothing_is_begun(maker: Maker, trusted: Path, root: Path) -> None:
    file = maker.release("2.0")
    os.truncate(file, 2**40)  # a hole: it takes no room itself

    with pytest.raises(ReleaseError, match=r"there is no room: .* MiB are needed"):
        install(file, root, trusted)

    assert everything(root) == {"current", "releases", "releases/1.9", "releases/1.9/bin"}


def test_an_installer_that_fails_is_heard(maker: Maker, trusted: Path, root: Path) -> None:
    folder = maker.lay_out("2.0")
    (folder / "install.sh").write_text("echo this machine is too small >&2; exit 1\n")
    (folder / "SHA256SUMS").unlink()
    sum_up(folder)
    with pytest.raises(ReleaseError, match="could not be installed: this machine is too small"):
        install(maker.pack(folder), root, trusted)


# ------------------------------------------------------------------------------- what an archive may hold


def archive(file: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(file, "w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return file


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 1 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.parametrize(
    "evil",
    [
        member("/etc/passwd"),
        member("a/../../etc/passwd"),
        member(".."),
        member("a/link", tarfile.SYMTYPE, "/etc"),
        member("a/link", tarfile.LNKTYPE, "a/release.toml"),
        member("a/disk", tarfile.BLKTYPE),
        member("a/pipe", tarfile.FIFOTYPE),
    ],
    ids=["absolute", "climbs", "parent", "symbolic link", "hard link", "device", "pipe"],
)
def test_a_member_without_a_place_in_a_release_is_refused_by_both_readings(
    evil: tarfile.TarInfo, tmp_path: Path
) -> None:
    file = archive(tmp_path / "evil.tar", member("a/release.toml"), evil)
    with pytest.raises(ReleaseError, match="has no place in a release"):
        parcel.look(file)
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(ReleaseError, match="has no place in a release"):
        parcel.unpack(file, inside)
    assert {path.name for path in inside.rglob("*")} <= {"a", "release.toml"}


def test_two_folders_are_no_release(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="it holds 2 folders"):
        parcel.look(archive(tmp_path / "two.tar", member("a/release.toml"), member("b/release.toml")))


@pytest.mark.parametrize(
    ("smaller", "larger"), [("1.9", "1.10"), ("0.9.9", "1.0"), ("1.2", "1.2.1"), ("1.2.9", "1.10.0")]
)
def test_versions_are_compared_as_numbers(smaller: str, larger: str) -> None:
    assert parcel.order(smaller) < parcel.order(larger)


def test_who_signs_and_who_checks_speak_of_the_same_thing() -> None:
    assert signature.NAMESPACE == NAMESPACE
