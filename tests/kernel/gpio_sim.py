"""The kernel's own simulated GPIO chip, which Debian's kernel lacks: built from Debian's source of it.

Three lines of the source are changed. One is for Debian: what handles an interrupt is called by its exported
name. The others make the chip more like a Raspberry Pi's, while a parameter of the module says so:
`outputs_stay`, an output keeps its level when the program that held it has gone, as a Pi's kernel does; and
`switches_win`, a switch that is closed is stronger than the resistor that a program asks for.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from tests.install.debian import cache

_SOURCES = ("drivers/gpio/gpio-sim.c", "drivers/gpio/gpiolib.h", "kernel/irq/irq_sim.c")
_CHANGES = (
    ("irq_sim.c", "handle_simple_irq(irq_to_desc(irqnum));", "generic_handle_irq(irqnum);"),
    (
        "gpio-sim.c",
        "static DEFINE_IDA(gpio_sim_ida);",
        "static DEFINE_IDA(gpio_sim_ida);\n"
        "static bool outputs_stay, switches_win;\n"
        "module_param(outputs_stay, bool, 0644);\n"
        "module_param(switches_win, bool, 0644);",
    ),
    ("gpio-sim.c", "\tswitch (pinconf_to_config_param(config)) {", "\tif (switches_win)\n\t\treturn 0;\n{0}"),
    (
        "gpio-sim.c",
        "\t__assign_bit(offset, chip->value_map, !!test_bit(offset, chip->pull_map));\n"
        "\tmutex_unlock(&chip->lock);\n}",
        "\tif (!outputs_stay)\n{0}",
    ),
)
_MAKEFILE = "obj-m := gpio-simulated.o\ngpio-simulated-y := gpio-sim.o irq_sim.o\n"


def module(release: str) -> Path:
    """The module for the kernel of this release ("6.1.0-56-amd64"); built once and kept."""
    target = cache() / f"gpio-simulated-{release}.ko"
    if not target.exists():
        with tempfile.TemporaryDirectory(dir=cache()) as scratch:
            half = _build(release, Path(scratch))
            half.rename(target)  # whoever else builds it has the same
    return target


def _build(release: str, folder: Path) -> Path:
    version = ".".join(release.split(".")[:2])
    common = release.rsplit("-", 1)[0] + "-common"
    headers = [f"linux-headers-{release}", f"linux-headers-{common}", f"linux-kbuild-{version}"]
    _say(folder, "apt-get", "-qq", "download", *headers, f"linux-source-{version}")
    for name in headers:
        _say(folder, "dpkg-deb", "-x", next(folder.glob(f"{name}_*.deb")), "headers")
    source = folder / "source"
    source.mkdir()
    _unpack(next(folder.glob(f"linux-source-{version}_*.deb")), version, source)
    for file, old, new in _CHANGES:
        path = source / file
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise LookupError(f"{file} of Debian's source is another one: {old!r} is not there once")
        path.write_text(text.replace(old, new.replace("{0}", old)), encoding="utf-8")
    (source / "Makefile").write_text(_MAKEFILE, encoding="utf-8")
    kernel = folder / f"headers/usr/src/linux-headers-{release}"
    makefile = kernel / "Makefile"
    makefile.write_text(makefile.read_text().replace("/usr/src/", f"{folder}/headers/usr/src/"))
    compiler = "CC=gcc"  # not exactly the version that Debian built it with, and for a module that is enough
    _say(folder, "make", "-s", "-C", kernel, f"M={source}", compiler, "modules")
    return source / "gpio-simulated.ko"


def _unpack(package: Path, version: str, folder: Path) -> None:
    """Three files of the kernel's whole source."""
    inner = folder / "source.tar.xz"
    with inner.open("wb") as packed:
        reader = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        inside = f"./usr/src/linux-source-{version}.tar.xz"
        subprocess.run(["tar", "-xO", inside], check=True, stdin=reader.stdout, stdout=packed)
        reader.wait()
    names = [f"linux-source-{version}/{name}" for name in _SOURCES]
    flat = "--transform=s,.*/,,"
    _say(folder, "tar", "-xJf", inner, flat, *names)
    inner.unlink()


def _say(folder: Path, *words: str | Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr or done.stdout}")
