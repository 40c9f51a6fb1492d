"""Whether the network has come back: a cable that is plugged in, a router that answers again.

Looked at once a second while the central server cannot be reached, in small files of the kernel: no
permission, no subscription, nothing that could be missed while the program was away.
"""

from __future__ import annotations

from pathlib import Path

_INTERFACES = Path("/sys/class/net")
_ROUTES = Path("/proc/net/route")
_ROUTES_6 = Path("/proc/net/ipv6_route")
_LOOPBACK = "lo"

Links = frozenset[str]  # what is up: "eth0 up", "eth0 route"


def links(interfaces: Path = _INTERFACES, routes: Path = _ROUTES, routes_6: Path = _ROUTES_6) -> Links:
    """The interfaces that are up, and those that lead out of the house."""
    return frozenset(
        {f"{name} up" for name in _up(interfaces)}
        | {f"{name} route" for name in _default_routes(routes)}
        | {f"{name} route" for name in _default_routes_6(routes_6)}
    )


def has_come_back(before: Links, now: Links) -> bool:
    """Whether something is up that was not."""
    return bool(now - before)


def _up(folder: Path) -> set[str]:
    try:
        names = [path for path in folder.iterdir() if path.name != _LOOPBACK]
    except OSError:  # not Linux: then the pauses alone decide
        return set()
    return {path.name for path in names if _read(path / "operstate").strip() in ("up", "unknown")}


def _default_routes(path: Path) -> set[str]:
    rows = (line.split() for line in _read(path).splitlines()[1:])
    return {row[0] for row in rows if len(row) > 1 and row[1] == "00000000"}


def _default_routes_6(path: Path) -> set[str]:
    rows = (line.split() for line in _read(path).splitlines())
    return {
        row[9] for row in rows if len(row) > 9 and not row[0].strip("0") and row[1] == "00" and row[9] != "lo"
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # an interface that has just gone
        return ""
