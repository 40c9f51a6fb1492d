"""A machine in QEMU with Debian's stock kernel, and above it this very checkout with its environment.

Its root is the root of the machine below, read-only over 9p, with a layer in memory above it. It does one
thing, says how that ended in a folder that both see, and is switched off: there is no systemd in it.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.boot import image
from tests.kernel import gpio_sim

PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "modprobe": "kmod",
    "gcc": "gcc",
    "make": "make",
    "/lib/systemd/systemd-udevd": "udev",
}
_FIRST = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
_KERNEL = "console=ttyS0 quiet panic=-1 mitigations=off audit=0"

_INIT = """\
#!/bin/busybox sh
for folder in proc sys dev mnt lower upper; do /bin/busybox mkdir -p /$folder; done
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
while read module; do /bin/busybox insmod /modules/$module; done </modules/order
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose root /lower
/bin/busybox mount -t tmpfs upper /upper
/bin/busybox mkdir /upper/files /upper/work
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /mnt
for folder in proc sys dev; do /bin/busybox mount --move /$folder /mnt/$folder; done
for folder in run tmp; do /bin/busybox mount -t tmpfs $folder /mnt/$folder; done
/bin/busybox mkdir /mnt/run/out
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 out /mnt/run/out
/bin/busybox chroot /mnt /bin/sh /run/out/work
/bin/busybox sync
/bin/busybox poweroff -f
"""

# What is done before the tests, in the place of an installed Raspberry Pi OS: devices, and whose board it is.
_WORK = """\
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
export PYTHONDONTWRITEBYTECODE=1 FRONTDESK_KERNEL_GUEST={kernel}
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t configfs configfs /sys/kernel/config 2>/dev/null
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
ip link set lo up
for module in {modules}; do modprobe -d {kernel} $module || echo "no module $module"; done
modprobe -d {kernel} vivid n_devs=1
insmod {gpio_sim} outputs_stay=1 switches_win=1
mount -t configfs configfs /sys/kernel/config 2>/dev/null
(cat /proc/cpuinfo; echo 'Revision : c03111') >/run/cpuinfo  # a Raspberry Pi 4: gpiozero asks for its pins
mount --bind /run/cpuinfo /proc/cpuinfo
/lib/systemd/systemd-udevd --daemon
udevadm trigger
udevadm settle
cd {project}
{command} </dev/null >/dev/console 2>&1
echo $? >/run/out/code
"""
_MODULES = ("configfs", "libcomposite", "dummy_hcd", "usb_f_printer", "usblp")


class NoMachine(Exception):
    """There is nothing to run one with; says what is missing."""


def provide() -> None:
    """Install what is missing by apt. Raises NoMachine where that cannot be."""
    missing = sorted(package for program, package in PACKAGES.items() if shutil.which(program) is None)
    if not missing:
        return
    words = f"apt-get install {' '.join(missing)}"
    if os.geteuid() != 0:
        raise NoMachine(f"this needs root once: {words}")
    done = subprocess.run(
        ["apt-get", "-qq", "-y", "install", "--no-install-recommends", *missing],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise NoMachine(f"{words}: {done.stderr.strip()}")


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel, unpacked, and what goes with it."""

    folder: Path
    release: str
    gpio_sim: Path

    @property
    def file(self) -> Path:
        """The kernel itself."""
        return self.folder / f"boot/vmlinuz-{self.release}"


def kernel() -> Kernel:
    """Debian's stock kernel, and the module that it lacks. Fetched and built once."""
    folder = image.stock_kernel()
    release = next((folder / "lib/modules").iterdir()).name
    return Kernel(folder, release, gpio_sim.module(release))


def run(kernel: Kernel, folder: Path, command: str, within_s: float) -> int:
    """Boot, run a command in this checkout, and switch off; gives how it ended.

    `folder` is /run/out inside. What the command says comes to this process's standard output. Raises
    RuntimeError when the machine ended before the command did.
    """
    work = _WORK.format(
        kernel=kernel.folder,
        modules=" ".join(_MODULES),
        gpio_sim=kernel.gpio_sim,
        project=Path(__file__).parents[2],
        command=command,
    )
    (folder / "work").write_text(work, encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch) / "initramfs"
        _pack(kernel, Path(scratch) / "files", first)
        subprocess.run(
            _command(kernel, first, folder), check=True, stdin=subprocess.DEVNULL, timeout=within_s
        )
    code = folder / "code"
    if not code.exists():
        raise RuntimeError("the machine ended before its work did")
    return int(code.read_text())


def _pack(kernel: Kernel, root: Path, target: Path) -> None:
    for name in ("bin", "modules"):
        (root / name).mkdir(parents=True)
    shutil.copy2(shutil.which("busybox") or "", root / "bin/busybox")
    order: list[str] = []
    for name in _FIRST:
        words = ["modprobe", "-d", str(kernel.folder), "-S", kernel.release, "--show-depends", name]
        listed = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        for path in [Path(line.split()[1]) for line in listed.splitlines() if line.startswith("insmod")]:
            if path.name not in order:
                order.append(path.name)
                shutil.copy2(path, root / "modules")
    (root / "modules/order").write_text("".join(f"{name}\n" for name in order))
    (root / "init").write_text(_INIT)
    (root / "init").chmod(0o755)
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    pack = ["cpio", "--quiet", "-o", "-H", "newc"]
    packed = subprocess.run(pack, check=True, input=names.encode(), capture_output=True, cwd=root)
    target.write_bytes(gzip.compress(packed.stdout, 1))


def _command(kernel: Kernel, first: Path, folder: Path) -> list[str]:
    shared = "security_model=none,multidevs=remap"
    return [
        *("qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "Nehalem", "-smp", "2", "-m", "2048"),
        *("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"),
        *("-kernel", str(kernel.file), "-initrd", str(first), "-append", _KERNEL),
        *("-virtfs", f"local,path=/,mount_tag=root,readonly=on,{shared}"),
        *("-virtfs", f"local,path={folder},mount_tag=out,{shared}"),
        *("-device", "virtio-rng-pci"),
    ]
