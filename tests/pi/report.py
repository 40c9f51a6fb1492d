"""The report: JSON to go on from, and Markdown to be read and sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from tests.pi.steps import Step

Verdict = Literal["passed", "failed", "skipped", "refused", "left out", "begun"]
_MARKS: Final[dict[Verdict | None, str]] = {
    "passed": "yes", "failed": "**NO**", "skipped": "skipped", "refused": "not here", "left out": "left out",
    "begun": "begun", None: "open",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of one step; `boot_id` is of the start in which one that restarts the machine was begun."""

    step: str
    verdict: Verdict
    saw: str
    at: str  # ISO 8601, UTC
    boot_id: str = ""

    @property
    def is_done(self) -> bool:
        """Whether it need not be done again by itself."""
        return self.verdict in ("passed", "failed", "skipped")


class Report:
    """Written after each step, so that a power cut costs none."""

    def __init__(self, folder: Path, steps: Sequence[Step], machine: str) -> None:
        self.json = folder / "report.json"
        self.markdown = folder / "report.md"
        self._steps = steps
        self._machine = machine
        self._entries: dict[str, Entry] = {}
        if self.json.exists():
            rows = json.loads(self.json.read_text(encoding="utf-8"))["steps"]
            self._entries = {row["step"]: Entry(**row) for row in rows}

    def of(self, step: Step) -> Entry | None:
        """What came of a step so far."""
        return self._entries.get(step.id)

    def put(self, entry: Entry) -> None:
        """Note it, on the disk too."""
        self._entries[entry.step] = entry
        self.json.parent.mkdir(parents=True, exist_ok=True)
        rows = [asdict(self._entries[step.id]) for step in self._steps if step.id in self._entries]
        self._write(self.json, json.dumps({"machine": self._machine, "steps": rows}, indent=2) + "\n")
        self._write(self.markdown, "\n".join(self._lines()) + "\n")

    def failed(self) -> list[str]:
        """The steps that did not pass."""
        return [one.step for one in self._entries.values() if one.verdict == "failed"]

    def _lines(self) -> Iterator[str]:
        done = sum(one.verdict == "passed" for one in self._entries.values())
        yield from ("# On the Pi", "", f"Machine: {self._machine}.", "")
        yield from (
            f"{done} of {len(self._steps)} steps passed; failed: {', '.join(self.failed()) or 'none'}.",
            "",
        )
        yield from (
            "| Step | What counts as passed | Passed | What was seen | When |",
            "| --- | --- | --- | --- | --- |",
        )
        for step in self._steps:
            one = self._entries.get(step.id)
            cells = (
                step.title, step.passed, _MARKS[one.verdict if one else None],
                one.saw if one else "", one.at if one else "",
            )  # fmt: skip
            yield f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in cells)} |"

    @staticmethod
    def _write(path: Path, text: str) -> None:
        beside = path.with_name(f"{path.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
