"""Whether the threads that the front desk cannot do without still come round."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

Ticks = Callable[[], Mapping[str, float]]


class Pulse:
    """Asks whoever keeps the threads (the runtime) how long ago each of them came round."""

    def __init__(self) -> None:
        self._ticks: Ticks = dict
        self._core: tuple[str, ...] = ()

    def follow(self, ticks: Ticks, core: Collection[str]) -> None:
        """`ticks` says the seconds since each thread came round; without `core` nothing goes."""
        self._ticks = ticks
        self._core = tuple(core)

    def silent(self, longer_than_s: float) -> list[str]:
        """The core threads that have not come round for so long, or never have."""
        ticks = self._ticks()
        return [name for name in self._core if ticks.get(name, float("inf")) > longer_than_s]
