"""The pages of a session as the visitor has put them: order, turns, deletions; each step can be undone.

What was taken stands in the folder (`folder.py`); what the visitor changed stands in its order.json, and
is on the disk before the screen shows it. A frame that is still in work is one leaf; when it is developed its
pages take its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from appliance.errors import NotNow
from appliance.scanning.folder import FrameFile, ScanFolder, Verdict

_UNDONE = 50  # steps back that are kept

Step = Literal["deleted", "moved", "turned", "retaken"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of the album, or a frame that is no page yet."""

    key: str
    frame: int
    state: Literal["work", "done", "failed"]
    poor: tuple[str, ...] = ()
    blank: bool = False
    turn: int = 0  # quarters clockwise


@dataclass(frozen=True, slots=True)
class Changes:
    """What the visitor changed."""

    order: tuple[str, ...] = ()
    deleted: frozenset[str] = frozenset()
    turned: tuple[tuple[str, int], ...] = ()
    retaken: tuple[int, ...] = ()  # the frames that have taken another's place
    step: Step | None = None  # the last one

    def as_data(self) -> dict[str, Any]:
        """For order.json."""
        return {
            "order": list(self.order),
            "deleted": sorted(self.deleted),
            "turned": dict(self.turned),
            "retaken": list(self.retaken),
            "step": self.step,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Changes:
        """Out of order.json."""
        return cls(
            tuple(data.get("order", ())),
            frozenset(data.get("deleted", ())),
            tuple(data.get("turned", {}).items()),
            tuple(data.get("retaken", ())),
            data.get("step"),
        )


class Album:
    """One session's pages. For one thread at a time."""

    def __init__(self, folder: ScanFolder) -> None:
        self.folder = folder
        order = folder.order()
        self._now = Changes.of(order)
        self._past = [Changes.of(one) for one in order.get("past", ())]
        self._seen = set(order.get("seen", ()))  # frames that took another's place, be it undone by now
        self._frames: dict[int, FrameFile] = {}
        self._verdicts: dict[int, Verdict] = {}
        self.look_again()

    # ---------------------------------------------------------------------- what is there

    def look_again(self) -> None:
        """Read what the folder holds, and let pages that were taken again take their places."""
        for frame in self.folder.frames():
            self._frames[frame.number] = frame
        for number in self._frames.keys() - self._verdicts.keys():
            if (verdict := self.folder.verdict(number)) is not None:
                self._verdicts[number] = verdict
        for frame in self._frames.values():
            if frame.instead is not None and frame.number not in self._seen:
                self._take_place(frame.number, frame.instead)

    def leaves(self) -> list[Leaf]:
        """The pages in the visitor's order, without those that were deleted."""
        return [leaf for leaf in self._all() if not self._is_deleted(leaf)]

    def leaf(self, key: str) -> Leaf:
        """One page. Raises NotNow when it is not there (any more)."""
        for leaf in self.leaves():
            if leaf.key == key:
                return leaf
        raise NotNow("gone")

    @property
    def pages(self) -> int:
        """How many pages would be in the book now; a frame in work counts as one."""
        return sum(leaf.state != "failed" for leaf in self.leaves())

    @property
    def in_work(self) -> int:
        """How many frames wait for their pages."""
        return sum(leaf.state == "work" for leaf in self.leaves())

    @property
    def frames(self) -> int:
        """How many frames were taken."""
        return len(self._frames)

    @property
    def last_step(self) -> Step | None:
        """What `undo` would undo."""
        return self._now.step if self._past else None

    # ---------------------------------------------------------------------- what the visitor does

    def delete(self, key: str) -> None:
        """Take a page out. Raises NotNow when it is not there."""
        leaf = self.leaf(key)
        self._change(deleted=self._now.deleted | {leaf.key}, step="deleted")

    def move(self, key: str, by: int) -> None:
        """Let a page change its place by so many, as far as that goes. Raises NotNow."""
        self.leaf(key)
        keys = [leaf.key for leaf in self.leaves()]
        place = keys.index(key)
        keys.insert(max(0, min(len(keys) - 1, place + by)), keys.pop(place))
        self._change(order=tuple(keys), step="moved")

    def turn(self, key: str) -> None:
        """Turn a page by a quarter, clockwise. Raises NotNow."""
        leaf = self.leaf(key)
        turned = dict(self._now.turned) | {key: (leaf.turn + 1) % 4}
        self._change(turned=tuple(turned.items()), step="turned")

    def undo(self) -> None:
        """Take the last step back. Raises NotNow when there is none."""
        if not self._past:
            raise NotNow("nothing_to_undo")
        self._keep(self._past[-1], self._past[:-1])

    # ---------------------------------------------------------------------- within

    def _take_place(self, number: int, instead: int) -> None:
        """A frame that was taken again replaces the pages of the old one; back again by `undo`."""
        self._seen.add(number)
        self._change(
            retaken=(*self._now.retaken, number),
            deleted=self._now.deleted | {f"{instead:06d}"},
            step="retaken",
        )

    def _change(self, **changes: Any) -> None:
        self._keep(replace(self._now, **changes), [*self._past, self._now])

    def _keep(self, now: Changes, past: list[Changes]) -> None:
        past = past[-_UNDONE:]
        self.folder.keep_order(
            {**now.as_data(), "past": [one.as_data() for one in past], "seen": sorted(self._seen)}
        )
        self._now, self._past = now, past

    def _is_deleted(self, leaf: Leaf) -> bool:
        undone = self._frames[leaf.frame].instead is not None and leaf.frame not in self._now.retaken
        return undone or not self._now.deleted.isdisjoint((leaf.key, f"{leaf.frame:06d}"))

    def _all(self) -> list[Leaf]:
        """Every leaf, in order: as taken, but where the visitor has moved them."""
        taken = [leaf for frame in self._in_place() for leaf in self._leaves_of(frame)]
        place = {key: number for number, key in enumerate(self._now.order)}
        moved = sorted(
            (leaf for leaf in taken if _place(leaf, place) is not None),
            key=lambda leaf: _place(leaf, place) or 0,
        )
        before: Leaf | None = None
        for leaf in taken:
            if _place(leaf, place) is None:  # newer than the last move
                again = self._frames[leaf.frame].instead is not None and before in moved
                moved.insert(moved.index(before) + 1 if again and before else len(moved), leaf)
            before = leaf
        return moved

    def _in_place(self) -> Iterable[FrameFile]:
        """The frames as taken, each that was taken again right behind the one it replaces."""
        behind: dict[int, list[FrameFile]] = {}
        for frame in self._frames.values():
            if frame.instead is not None and frame.instead in self._frames:
                behind.setdefault(frame.instead, []).append(frame)
        again = {frame.number for group in behind.values() for frame in group}
        waiting = [
            frame for number, frame in sorted(self._frames.items(), reverse=True) if number not in again
        ]
        while waiting:
            frame = waiting.pop()
            yield frame
            waiting += reversed(behind.get(frame.number, []))

    def _leaves_of(self, frame: FrameFile) -> list[Leaf]:
        number, turned = frame.number, dict(self._now.turned)
        verdict = self._verdicts.get(number)
        if verdict is None:
            key = f"{number:06d}"
            return [Leaf(key, number, "work", turn=turned.get(key, 0))]
        if not verdict.pages:
            return [Leaf(f"{number:06d}", number, "failed", (verdict.problem or "no_page",))]
        whole = turned.get(f"{number:06d}", 0)  # turned while it was in work
        return [
            Leaf(page.key, number, "done", page.poor, page.blank, turned.get(page.key, whole))
            for page in verdict.pages
        ]


def _place(leaf: Leaf, place: Mapping[str, int]) -> int | None:
    """Where the visitor has put a leaf, by itself or, when it was moved while in work, as its frame."""
    return place.get(leaf.key, place.get(f"{leaf.frame:06d}"))
