"""What makes a release: the right wheels for each machine, the same bytes each time, a package for apt."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from installer import deb, release, wheels
from installer.wheels import PYTHONS, Platform

CONSTRAINTS = (release.PROJECT / "constraints.txt").read_text()
PI = Platform("aarch64", (3, 11))
DEPENDS = (release.PROJECT / "installer/depends.txt").read_text()

LAID_OUT = "systemd/root"  # below / as it is
SCRIPTS = [
    release.PROJECT / name
    for name in (
        "install.sh",
        "bootstrap.sh",
        "installer/settle",
        "installer/debian/postinst",
        "installer/debian/prerm",
        "installer/debian/postrm",
        f"{LAID_OUT}/usr/lib/frontdesk/screen",
    )
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_critic_of_shell_scripts_finds_nothing(script: Path) -> None:
    done = subprocess.run(["shellcheck", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_tests_tools_are_not_carried_along_and_debian_brings_what_has_no_wheel() -> None:
    pins = wheels.pinned(CONSTRAINTS)
    assert {"Flask", "numpy", "pyscard", "lgpio"} <= set(pins)
    assert "pytest" not in pins

    bookworm, trixie = (wheels.needed(pins, Platform("aarch64", python)) for python in PYTHONS)

    assert set(pins) - set(bookworm) == {"pyscard", "python-sane"}
    assert set(bookworm) - set(trixie) == {"lgpio"}
    packages = {line.split()[0].rstrip("?") for line in DEPENDS.splitlines() if line and line[0] != "#"}
    assert {"python3-pyscard", "python3-sane", "python3-lgpio"} <= packages


def test_a_requirement_for_each_wheel_with_all_its_sums(tmp_path: Path) -> None:
    for name in (
        "numpy-2.4.6-cp311-cp311-manylinux_2_28_aarch64.whl",
        "numpy-2.4.6-cp313-cp313-manylinux_2_28_aarch64.whl",
        "lgpio-0.2.2.0-cp311-cp311-manylinux_2_34_aarch64.whl",
        "typing_extensions-4.16.0-py3-none-any.whl",
    ):
        (tmp_path / name).write_text(name)

    lines = wheels.requirements(tmp_path).splitlines()

    assert [line.split(" --hash")[0] for line in lines] == [
        'lgpio==0.2.2.0 ; python_version < "3.12"',
        "numpy==2.4.6",
        "typing-extensions==4.16.0",
    ]
    assert [line.count("--hash=sha256:") for line in lines] == [1, 2, 1]


def laid_out(folder: Path) -> Path:
    folder.mkdir(parents=True)
    release.lay_out_files(release.PROJECT, folder, "1.0", [PI])
    release.sum_up(folder)
    return folder


def test_the_same_source_gives_the_same_file(tmp_path: Path) -> None:
    for name in ("a", "b"):
        release.pack(laid_out(tmp_path / name / "pst-frontdesk-1.0"), tmp_path / f"{name}.tar", 1_800_000_000)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_only_what_git_keeps_is_taken_and_a_version_can_be_given(tmp_path: Path) -> None:
    project, target = tmp_path / "project", tmp_path / "copy"
    project.mkdir()
    target.mkdir()
    (project / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "0.1.0"\n')
    (project / "rest.log").write_text("of a trial")
    subprocess.run(["git", "init", "-q", project], check=True)
    subprocess.run(["git", "-C", project, "add", "pyproject.toml"], check=True)

    release.copy_source(project, target, "2.0")

    assert [path.name for path in target.iterdir()] == ["pyproject.toml"]
    assert release.version_of(target) == "2.0"


def test_the_package_is_of_all_architectures_and_names_what_it_needs(tmp_path: Path) -> None:
    root = tmp_path / "root"
    laid_out(root / "usr/share/pst-frontdesk/release")
    deb.dress(root, release.PROJECT, "1.0", "Tests <root@localhost>", 0)
    file = tmp_path / "pst-frontdesk.deb"
    deb.pack(root, file, 0)

    def field(name: str) -> str:
        command: list[str | Path] = ["dpkg-deb", "--field", file, name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    assert (field("Package"), field("Version"), field("Architecture")) == ("pst-frontdesk", "1.0", "all")
    needs = field("Depends").split(", ")
    assert "python3 (>= 3.11)" in needs
    assert field("Recommends") == "python3-lgpio", "Debian itself has none"
    assert not any("#" in one or ")(" in one for one in needs)


@pytest.mark.parametrize(
    ("marker", "asked"),
    [(None, ""), ('{"from": "1.0", "to": "1.1"}', "release settle\n")],
    ids=["nothing to do", "an interrupted switch"],
)
def test_the_release_of_before_is_asked_to_settle(tmp_path: Path, marker: str | None, asked: str) -> None:
    shutil.copy(release.PROJECT / "installer/settle", tmp_path / "settle")
    for version, words in (("1.0", 'echo "$@"'), ("1.1", "echo the new one >&2; exit 1")):
        program = tmp_path / "releases" / version / "bin/frontdesk"
        program.parent.mkdir(parents=True)
        program.write_text(f"#!/bin/sh\n{words}\n")
        program.chmod(0o755)
    if marker:
        (tmp_path / "switch.json").write_text(marker)

    done = subprocess.run([tmp_path / "settle"], check=True, capture_output=True, text=True)

    assert done.stdout == asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--purge",), "--purge goes with --uninstall"),
        (("--help",), "usage: ./install.sh"),
        ((), "this is not a release"),
    ],
)
def test_the_installer_says_what_is_wrong_before_it_does_anything(words: tuple[str, ...], said: str) -> None:
    done = subprocess.run([SCRIPTS[0], *words], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert said in done.stderr or "must be run as root" in done.stderr
