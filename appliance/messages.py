"""What an error can carry for people: a problem in a file, and a text by its key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where, what, and what was probably meant."""

    file: str
    key: str  # dotted, as in the file: "lockers.locker[2].pin"; empty for the whole file
    message: str
    line: int | None = None
    suggestion: str | None = None

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        what = f"{self.key}: {self.message}" if self.key else self.message
        return f"{where}: {what}" + (f" ({self.suggestion})" if self.suggestion else "")


@dataclass(frozen=True, slots=True)
class Message:
    """A text by its key, with the values it needs; the page chooses the language."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
