"""What is booted: a stock kernel of Debian, and a Debian on which the package was installed.

Both are made once and kept (`tests/install/debian.py: cache`), the Debian for each state of the checkout.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from installer import deb, release
from installer.wheels import Platform
from tests.install.debian import Machine, cache, debian

SUITES = {"bookworm": (3, 11), "trixie": (3, 13)}  # and each one's Python
SUITE = os.environ.get("FRONTDESK_SUITE", "bookworm")
VERSION = "0.0"
HERE = Path(__file__).parent
_IN_IMAGE = ("image.py", "porter.py")

# The kernel's own, for the first steps and the devices; the rest is loaded from the root as on any machine.
_FIRST = ("virtio_pci", "virtio_blk", "virtio_console", "ext4", "crc32c_generic", "overlay")
# Parts of the kernel that no front desk ever has: they would only make the image larger.
_NEVER = (
    *(f"gpu/drm/{maker}" for maker in ("amd", "i915", "nouveau", "radeon")),
    *("net/wireless", "net/ethernet", "infiniband", "scsi", "staging", "isdn", "md", "ata", "iio"),
)
_TESTS_OWN = "polkitd libpam-systemd usbutils iproute2 procps vsmartcard-vpcd"
_SCREEN = "cage chromium seatd wlr-randr xwayland fonts-noto-core"

_INIT = """\
#!/bin/busybox sh
for folder in proc sys dev mnt lower upper; do /bin/busybox mkdir -p /$folder; done
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
while read module; do /bin/busybox insmod /modules/$module; done </modules/order
until [ -b /dev/vda ]; do /bin/busybox sleep 0.1; done
/bin/busybox mount -t ext4 -o ro /dev/vda /lower
/bin/busybox mount -t tmpfs upper /upper
/bin/busybox mkdir /upper/files /upper/work
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work root /mnt
for folder in proc sys dev; do /bin/busybox mount --move /$folder /mnt/$folder; done
exec /bin/busybox switch_root /mnt /sbin/init
"""

# As in docs/read-only-root.md.
_FSTAB = """\
LABEL=frontdesk-data  /data               ext4  noatime,nodev,nosuid,noexec,commit=5,errors=remount-ro  0 2
/data/frontdesk       /var/lib/frontdesk  none  bind  0 0
/data/journal         /var/log/journal    none  bind  0 0
"""

_PORTER_UNIT = """\
[Unit]
Description=What the test says
DefaultDependencies=no
After=systemd-udevd.service
[Service]
ExecStart=/usr/bin/python3 /usr/local/lib/boot-porter.py
Restart=always
[Install]
WantedBy=sysinit.target
"""


@dataclass(frozen=True)
class Image:
    """What QEMU needs to boot."""

    kernel: Path
    initramfs: Path
    root: Path


def image(*, with_screen: bool = False) -> Image:
    """The newest state of this checkout, installed on a Debian; made if it is not there.

    With a screen it has what `install.sh --kiosk` brings.
    """
    assert os.geteuid() == 0, "a Debian in a folder is entered as root"
    kernel = stock_kernel()
    kind = "screen" if with_screen else "boot"
    root = cache() / f"{SUITE}-{kind}-{_state()}.img"
    if not root.exists():
        for older in cache().glob(f"{SUITE}-{kind}-*.img"):
            older.unlink()
        _make_root(root, kernel, f"{_TESTS_OWN} {_SCREEN}" if with_screen else _TESTS_OWN)
    return Image(next((kernel / "boot").glob("vmlinuz-*")), _initramfs(kernel), root)


def _state() -> str:
    """Changes with every file that git keeps and that comes into the image."""
    listed = subprocess.run(["git", "-C", release.PROJECT, "ls-files", "-z"], check=True, capture_output=True)
    state = hashlib.sha256()
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = release.PROJECT / name
        ours = not name.startswith(("tests/", "docs/")) or (path.parent == HERE and path.name in _IN_IMAGE)
        if ours and path.is_file():
            state.update(name.encode() + path.read_bytes())
    return state.hexdigest()[:16]


# ---------------------------------------------------------------------------------------- the kernel


def stock_kernel() -> Path:
    """Debian's stock kernel with its modules, unpacked."""
    said = subprocess.run(
        ["apt-cache", "depends", "--important", "linux-image-amd64"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    name = next(word for word in said.split() if word.startswith("linux-image-6"))
    # Named by what was left out, so that another list is another folder.
    folder = cache() / f"{name}-{hashlib.sha256(' '.join(_NEVER).encode()).hexdigest()[:8]}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=cache()) as scratch:
            subprocess.run(["apt-get", "-qq", "download", name], check=True, cwd=scratch)
            (package,) = Path(scratch).glob("*.deb")
            unpacked = Path(scratch) / "unpacked"
            subprocess.run(["dpkg-deb", "-x", package, unpacked], check=True)
            drivers = next((unpacked / "lib/modules").iterdir()) / "kernel/drivers"
            for part in _NEVER:
                shutil.rmtree(drivers / part)
            subprocess.run(["depmod", "-b", unpacked, drivers.parents[1].name], check=True)
            unpacked.rename(folder)
    return folder


def _initramfs(kernel: Path) -> Path:
    target = kernel / "initramfs.gz"
    modules = next((kernel / "lib/modules").iterdir())
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "bin").mkdir()
        shutil.copy2("/bin/busybox", root / "bin/busybox")
        (root / "modules").mkdir()
        order = []
        for name in _FIRST:
            command: list[str | Path] = ["modprobe", "-d", kernel, "-S", modules.name, "--show-depends", name]
            listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            for line in listed.splitlines():
                kind, _, path = line.strip().partition(" ")
                if kind == "insmod" and Path(path.split()[0]).name not in order:
                    order.append(Path(path.split()[0]).name)
                    shutil.copy2(path.split()[0], root / "modules")
        (root / "modules/order").write_text("".join(f"{name}\n" for name in order))
        (root / "init").write_text(_INIT)
        (root / "init").chmod(0o755)
        names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
        packed = subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc"],
            check=True,
            input=names.encode(),
            capture_output=True,
            cwd=root,
        )
        target.write_bytes(gzip.compress(packed.stdout, 1))
    return target


# ---------------------------------------------------------------------------------------- the root


def _make_root(target: Path, kernel: Path, extra: str) -> None:
    with tempfile.TemporaryDirectory(dir=cache()) as scratch:
        folder = Path(scratch)
        package = _package(folder)
        with debian(SUITE, folder) as machine:
            machine.run("apt-get", "-qq", "update")
            shutil.copy(package, machine.path("/srv/package.deb"))
            install = "DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends"
            machine.run("sh", "-ec", f"{install} /srv/package.deb {extra}")
            _dress(machine, kernel)
            half = target.with_suffix(".half")
            _fill(half, machine.root)
        half.rename(target)


def _dress(machine: Machine, kernel: Path) -> None:
    """What a test needs, and an installer of Raspberry Pi OS has done: modules, partitions, a porter."""
    shutil.copytree(kernel / "lib/modules", machine.path("/usr/lib/modules"), symlinks=True)
    machine.path("/etc/fstab").write_text(_FSTAB)
    machine.path("/data").mkdir()
    # So that each test has its own, and it is there when the machine starts.
    machine.path("/etc/frontdesk/frontdesk.toml").symlink_to("/data/test/frontdesk.toml")
    machine.path("/var/log/journal").mkdir(exist_ok=True)
    porter = machine.path("/usr/local/lib/boot-porter.py")
    porter.write_text((HERE / "porter.py").read_text())
    machine.path("/etc/systemd/system/boot-porter.service").write_text(_PORTER_UNIT)
    machine.run("systemctl", "-q", "enable", "boot-porter.service")
    shipped = machine.path("/usr/lib/systemd/system/frontdesk.service").read_text()
    machine.path("/etc/systemd/system/living.service").write_text(living_unit(shipped))
    machine.run("systemctl", "-q", "enable", "living.service")
    machine.path("/etc/hostname").write_text("frontdesk\n")
    machine.run("rm", "/srv/package.deb")
    # Nothing of a front desk's, and seconds of a machine that is emulated.
    machine.run(
        "systemctl", "-q", "mask", "e2scrub_reap.service", "apt-daily.timer", "apt-daily-upgrade.timer"
    )
    machine.run("sh", "-c", "rm -rf /usr/share/pst-frontdesk/release/wheels /var/lib/apt/lists/*")
    # Compiled once, here: a card's owner waits for it at the first start only.
    machine.run("sh", "-c", "python3 -m compileall -q /opt/frontdesk/releases/*/lib || true")


def living_unit(shipped: str) -> str:
    """The front desk's unit as it is, with the program of test_power_cuts.py in the place of its own."""
    changed = shipped
    for line, other in (
        ("ConditionPathExists=/etc/frontdesk/frontdesk.toml", "ConditionPathExists=/data/test/living.py"),
        (
            "ExecStart=/opt/frontdesk/current/bin/frontdesk run",
            "ExecStart=/opt/frontdesk/current/bin/python /data/test/living.py",
        ),
        ("ExecStopPost=/opt/frontdesk/current/bin/frontdesk locks off\n", ""),
    ):
        assert line in changed, line
        changed = changed.replace(line, other)
    return changed


def _fill(target: Path, folder: Path) -> None:
    size = subprocess.run(
        ["du", "-sm", "--apparent-size", folder], check=True, capture_output=True, text=True
    )
    megabytes = int(size.stdout.split()[0]) * 5 // 4 + 64
    make_disk(target, megabytes, folder)


def make_disk(target: Path, megabytes: int, folder: Path, label: str = "frontdesk-root") -> None:
    """An ext4 of this size that holds what the folder does."""
    target.unlink(missing_ok=True)
    with target.open("wb") as file:
        file.truncate(megabytes << 20)
    command = [
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext4",
        "-L",
        label,
        "-E",
        "lazy_itable_init=0,lazy_journal_init=0",
    ]
    subprocess.run([*command, "-d", folder, target], check=True)


def _package(folder: Path) -> Path:
    content = folder / "content"
    content.mkdir()
    release.lay_out(release.PROJECT, content, VERSION, [Platform(platform.machine(), SUITES[SUITE])])
    release.sum_up(content)
    root, package = folder / "package", folder / "package.deb"
    shutil.copytree(content, root / "usr/share/pst-frontdesk/release")
    deb.dress(root, release.PROJECT, VERSION, "Tests <root@localhost>", 0)
    deb.pack(root, package, 0)
    return package
