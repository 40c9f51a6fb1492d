"""Edges in, presses out: our own debounce, a pure function with the time handed in.

gpiozero's `bounce_time` is left alone: its mock ignores it, and the kernel swallows a clean tap that is
shorter than it. Here a level counts once it has held for `settle_ns`, closed and open alike, so neither a
spark nor a dirty contact under a resting finger makes a press, and a tap of 30 ms makes exactly one.

`debounce` judges an edge at the edge's own time, however late it is handed over; `now_ns` speaks only where
there is no edge. What happened does therefore not depend on how often the caller looks.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from drivers.base import ButtonEvent, Buttons, Edge, Pressed, Stuck, Unstuck


@dataclass(frozen=True, slots=True)
class Rules:
    """How a contact's edges are judged. All times are nanoseconds."""

    settle_ns: int = 5_000_000  # a level counts once it has held for this long
    window_ns: int = 1_500_000_000  # a double press within this time is one press
    stuck_after_ns: int = 30_000_000_000  # nobody holds a button for this long

    def __post_init__(self) -> None:
        if not (0 < self.settle_ns < self.stuck_after_ns and self.window_ns >= 0):
            raise ValueError(f"0 < settle < stuck_after and window >= 0 do not hold: {self}")


USUAL_RULES = Rules()


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one button. A new one knows nothing: the first level that settles is no press.

    A driver reports each button's level when it connects, so a button that is held down at that moment has to
    be let go before it counts; a state must not be kept across a new connection.
    """

    button: str
    rules: Rules = USUAL_RULES
    contact: bool | None = None  # the last edge; True is closed
    contact_since_ns: int = 0
    settled: bool | None = None  # the level that held for settle_ns
    settled_since_ns: int = 0
    last_press_ns: int | None = None
    stuck: bool = False


def debounce(state: State, edge: Edge | None, now_ns: int) -> tuple[State, tuple[ButtonEvent, ...]]:
    """One step: an edge, or (None) only that time has gone by until `now_ns`.

    An edge of another button tells this one no more than that time has gone by until then.
    """
    at_ns = now_ns if edge is None else edge.at_ns
    state, settled = _settle(state, at_ns)
    state, stuck = _notice_stuck(state, at_ns)
    if edge is not None and edge.button == state.button and edge.pressed is not state.contact:
        state = replace(state, contact=edge.pressed, contact_since_ns=edge.at_ns)
    return state, settled + stuck


def next_deadline_ns(state: State) -> int | None:
    """When the passing of time alone can next bring an event; None when only an edge can."""
    if state.contact is not state.settled:
        return state.contact_since_ns + state.rules.settle_ns
    if state.settled and not state.stuck:
        return state.settled_since_ns + state.rules.stuck_after_ns
    return None


def _settle(state: State, at_ns: int) -> tuple[State, tuple[ButtonEvent, ...]]:
    held_ns = at_ns - state.contact_since_ns
    if state.contact is state.settled or held_ns < state.rules.settle_ns:
        return state, ()
    since_ns, before = state.contact_since_ns, state.settled
    state = replace(state, settled=state.contact, settled_since_ns=since_ns)
    if not state.settled:
        let_go: tuple[ButtonEvent, ...] = (Unstuck(state.button, since_ns),) if state.stuck else ()
        return replace(state, stuck=False), let_go
    if before is None or _is_deaf(state, since_ns):
        return state, ()
    return replace(state, last_press_ns=since_ns), (Pressed(state.button, since_ns),)


def _is_deaf(state: State, at_ns: int) -> bool:
    return state.last_press_ns is not None and at_ns - state.last_press_ns < state.rules.window_ns


def _notice_stuck(state: State, at_ns: int) -> tuple[State, tuple[ButtonEvent, ...]]:
    # An open contact that has not settled may be the release: wait for what becomes of it.
    if state.stuck or not (state.settled and state.contact):
        return state, ()
    stuck_ns = state.settled_since_ns + state.rules.stuck_after_ns
    if at_ns < stuck_ns:
        return state, ()
    return replace(state, stuck=True), (Stuck(state.button, stuck_ns),)


class Presses:
    """The presses of a row of buttons: the loop around `debounce` and a driver. One thread owns it."""

    def __init__(self, buttons: Buttons, names: Iterable[str], rules: Rules = USUAL_RULES) -> None:
        self._buttons = buttons
        self._unknown = tuple(State(name, rules) for name in names)
        self._states = self._unknown
        self._events: deque[ButtonEvent] = deque()

    @property
    def name(self) -> str:
        """The device's name in the configuration and in every message."""
        return self._buttons.name

    def connect(self) -> None:
        """Open the buttons and forget what was known of them. Raises what the driver's `connect` raises."""
        self._buttons.connect()
        self._states = self._unknown
        self._events.clear()

    def close(self) -> None:
        """Let go of the buttons; never raises."""
        self._buttons.close()

    def next_event(self, timeout_s: float) -> ButtonEvent | None:
        """Wait for the next event of any button; None when `timeout_s` has passed. Raises Lost."""
        give_up_ns = time.monotonic_ns() + int(timeout_s * 1e9)
        while not self._events:
            # The clock is read before the look: "no edge" then means none until now_ns.
            now_ns = time.monotonic_ns()
            edge = self._buttons.next_edge(0)
            self._step(edge, now_ns)
            if edge is None and not self._events:
                if now_ns >= give_up_ns:
                    return None
                self._await_edge(min(give_up_ns, self._deadline_ns(give_up_ns)) - now_ns)
        return self._events.popleft()

    def lamp(self, button: str, on: bool) -> None:
        """Switch the lamp in a button; a button without a lamp ignores it. Raises Lost."""
        self._buttons.lamp(button, on)

    def _await_edge(self, wait_ns: int) -> None:
        edge = self._buttons.next_edge(max(0, wait_ns) / 1e9)
        if edge is not None:
            self._step(edge, edge.at_ns)

    def _deadline_ns(self, otherwise_ns: int) -> int:
        deadlines = (next_deadline_ns(state) for state in self._states)
        return min((at_ns for at_ns in deadlines if at_ns is not None), default=otherwise_ns)

    def _step(self, edge: Edge | None, now_ns: int) -> None:
        steps = [debounce(state, edge, now_ns) for state in self._states]
        self._states = tuple(state for state, _ in steps)
        self._events.extend(event for _, events in steps for event in events)
