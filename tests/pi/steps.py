"""The list of steps, read from `steps.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

How = Literal["probe", "look", "restart"]
Need = Literal["pi", "root", "service"]

FILE: Final = Path(__file__).with_name("steps.toml")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to show; `steps.toml` says what each field means."""

    id: str
    title: str
    how: How
    what: str
    passed: str
    needs: tuple[Need, ...] = ()
    hour: bool = False


def load(file: Path = FILE) -> tuple[Step, ...]:
    """All steps, in their order. Raises ValueError for a step that is none."""
    with file.open("rb") as stream:
        rows = tomllib.load(stream)["step"]
    steps = tuple(Step(**(row | {"needs": tuple(row.get("needs", ()))})) for row in rows)
    for step in steps:
        if step.how not in get_args(How) or not set(step.needs) <= set(get_args(Need)):
            raise ValueError(f"{step.id}: how = {step.how}, needs = {step.needs}")
    if len({step.id for step in steps}) != len(steps):
        raise ValueError("a step's id stands twice")
    return steps
