"""On which line of a TOML file a key stands, which `tomllib` does not tell.

Only for messages: the file has been parsed before, so it is sound TOML. Tables, arrays of tables and keys are
found; what is inside an inline table or an array has the line of the key that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

Step = str | int
Path = tuple[Step, ...]

_NAME = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_DOTTED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
# What may hide a bracket: strings of four kinds, and comments. Triple quotes first.
_HIDING = re.compile(
    r'"""(?:\\.|[^\\])*?"""' r"|'''.*?'''" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'" r"|#[^\n]*", re.DOTALL
)


def find_lines(text: str) -> dict[Path, int]:
    """The line, from 1, of every table and key: ("lockers", "locker", 0, "pin") -> 12."""
    lines: dict[Path, int] = {}
    counts: dict[tuple[str, ...], int] = {}
    table: Path = ()
    for number, line in _statements(text):
        if header := _HEADER.match(line):
            names = _split(header[2])
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            table = _counted(names, counts)
            _note(lines, table, 0, number)
        elif key := _KEY.match(line):
            _note(lines, table + _split(key[1]), len(table), number)
    return lines


def line_of(lines: Mapping[Path, int], path: Sequence[Step]) -> int | None:
    """The line of a path, or of the nearest thing around it that has one."""
    for length in range(len(path), 0, -1):
        if (line := lines.get(tuple(path[:length]))) is not None:
            return line
    return None


def dotted(path: Sequence[Step]) -> str:
    """A path as people write it; places are counted from 1: lockers.locker[2].pin."""
    key = ""
    for step in path:
        key += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if key else step
    return key


def _note(lines: dict[Path, int], path: Path, known: int, number: int) -> None:
    """Give the path, and the steps on the way to it that have none yet, this line."""
    for length in range(known + 1, len(path) + 1):
        lines.setdefault(path[:length], number)


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, names))


def _counted(names: tuple[str, ...], counts: Mapping[tuple[str, ...], int]) -> Path:
    """The names with, after each array of tables, the place that it has come to."""
    path: list[Step] = []
    for length, name in enumerate(names, start=1):
        path.append(name)
        if (count := counts.get(names[:length])) is not None:
            path.append(count)
    return tuple(path)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """The lines on which a statement begins: not those inside a long string or an array."""
    bare = _HIDING.sub(_blank, text)
    depth = 0
    for number, (line, shape) in enumerate(zip(text.split("\n"), bare.split("\n"), strict=True), start=1):
        if depth == 0 and shape.strip():
            yield number, line
        if depth > 0 or not _HEADER.match(line):
            depth += shape.count("[") + shape.count("{") - shape.count("]") - shape.count("}")


def _blank(hidden: re.Match[str]) -> str:
    """As many lines without brackets; a string leaves a mark on its first line, a comment none."""
    mark = "" if hidden[0].startswith("#") else "_"
    return mark + "\n" * hidden[0].count("\n")
