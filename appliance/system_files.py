"""What a release brings for the system around it: units, rules for devices, limits of the journal.

A release holds them in its folder `system`, at the same paths as below `/`. They are copied, not linked:
systemd and udev read them before anything of ours runs. A list of what was placed lies beside the releases,
so that another release, or an uninstall, takes away what it does not bring itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from appliance.files import make_folder_durably, sync_folder, write_durably


class SystemFiles:
    """The files of one release at their places below `target`; `record` is where their list is kept."""

    def __init__(self, record: Path, target: Path = Path("/")) -> None:
        self._record = record
        self._target = target

    def placed(self) -> set[Path]:
        """Which files are at their places, relative to the target."""
        try:
            return set(map(Path, self._record.read_text(encoding="utf-8").splitlines()))
        except FileNotFoundError:
            return set()

    def place(self, source: Path) -> None:
        """Bring the files below `source` to their places, and take away what else was placed before.

        Can be done again after a cut in the midst of it. Raises OSError.
        """
        before = self.placed()
        wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
        if not (before or wanted):
            return
        self._note(before | wanted)  # first: what a cut leaves behind can be found
        for path in sorted(wanted):
            self._copy(source / path, self._target / path)
        self._remove(before - wanted)
        self._note(wanted)

    def displace(self) -> None:
        """Take all of them away; folders stay. Raises OSError."""
        self._remove(self.placed())
        self._record.unlink(missing_ok=True)

    def _note(self, paths: set[Path]) -> None:
        if paths == self.placed():
            return  # as with the files: what is right already is not written again
        text = "".join(f"{path}\n" for path in sorted(paths))
        write_durably(self._record, text.encode(), mode=0o644)

    def _copy(self, source: Path, target: Path) -> None:
        content, mode = source.read_bytes(), source.stat().st_mode & 0o777
        if _is(target, content, mode):
            return  # a card wears out by what is written to it
        for folder in reversed(target.parents):
            make_folder_durably(folder, mode=0o755)
        write_durably(target, content, mode=mode)

    def _remove(self, paths: Iterable[Path]) -> None:
        for path in sorted(paths):
            target = self._target / path
            if target.exists():
                target.unlink()
                sync_folder(target.parent)


def _is(path: Path, content: bytes, mode: int) -> bool:
    try:
        return path.read_bytes() == content and path.stat().st_mode & 0o777 == mode
    except FileNotFoundError:
        return False
