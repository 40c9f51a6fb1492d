"""How long to wait before the next try. Pure, but for the files in which links are looked up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import backoff
from appliance.link import has_come_back, links

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LIMITS = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize(("failures", "limit"), list(enumerate(LIMITS, 1)))
def test_the_limit_doubles_up_to_five_minutes(failures: int, limit: float) -> None:
    assert backoff.pause(failures, lambda: 0.0) == 1.0
    assert backoff.pause(failures, lambda: 0.999999) == pytest.approx(limit, rel=0.001)


@given(st.integers(1, 10**9), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_shorter_than_a_second_nor_longer_than_five_minutes(
    failures: int, dice: float
) -> None:
    assert 1.0 <= backoff.pause(failures, lambda: dice) <= 300.0


def test_the_dice_choose_anywhere_within() -> None:
    assert backoff.pause(3, lambda: 0.5) == 1.0 + 3.5


@given(st.floats(0, 10**9), st.floats(0, 1, exclude_max=True))
def test_what_the_server_asks_for_is_waited_at_least(wish: float, dice: float) -> None:
    waited = backoff.at_least(wish, lambda: dice)
    assert waited >= min(max(wish, 1.0), 3600.0)
    assert waited <= 3600.0 * 1.25


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", None, 120),
        (" 7 ", None, 7),
        ("0", None, 0),
        ("99999999999999", None, 999999999),
        ("Mon, 23 Nov 2026 02:01:00 GMT", None, 60),
        ("Mon, 23 Nov 2026 01:00:00 GMT", None, 0),
        # By the server's own clock, which is not ours.
        ("Mon, 23 Nov 2020 02:01:00 GMT", "Mon, 23 Nov 2020 02:00:30 GMT", 30),
        ("Monday, 23-Nov-26 02:01:00 GMT", None, 60),
        ("soon", None, None),
        ("-5", None, None),
        ("1.5", None, None),
        ("", None, None),
        ("٣", None, None),
        (None, None, None),
    ],
)
def test_a_wish_is_in_seconds_or_a_date(value: str | None, date: str | None, seconds: float | None) -> None:
    assert backoff.retry_after(value, date, NOW) == seconds


@given(st.text(max_size=40), st.none() | st.text(max_size=40))
def test_any_header_is_a_wish_or_none(value: str, date: str | None) -> None:
    wish = backoff.retry_after(value, date, NOW)
    assert wish is None or wish >= 0


# ------------------------------------------------------------------------------------------ links

ROUTES = (
    "Iface\tDestination\tGateway\tFlags\neth0\t00000000\t0101A8C0\t0003\neth0\t0001A8C0\t00000000\t0001\n"
)
ROUTES_6 = (
    f"{'0' * 32} 00 {'0' * 32} 00 fe80 00000400 00000001 00000000 00450003   wlan0\n"
    f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} ffffffff 00000001 00000000 00200200       lo\n"
    f"fe80{'0' * 28} 40 {'0' * 32} 00 {'0' * 32} 00000100 00000001 00000000 00000001     eth0\n"
)


def machine(folder: Path, **states: str) -> Path:
    for name, state in states.items():
        (folder / "net" / name).mkdir(parents=True, exist_ok=True)
        (folder / "net" / name / "operstate").write_text(f"{state}\n")
    return folder


def look(folder: Path) -> frozenset[str]:
    return links(folder / "net", folder / "route", folder / "ipv6_route")


def test_interfaces_and_ways_out_of_the_house_are_seen(tmp_path: Path) -> None:
    machine(tmp_path, lo="unknown", eth0="up", wlan0="down", tun0="unknown")
    (tmp_path / "route").write_text(ROUTES)
    (tmp_path / "ipv6_route").write_text(ROUTES_6)
    assert look(tmp_path) == {"eth0 up", "tun0 up", "eth0 route", "wlan0 route"}


def test_a_cable_that_is_plugged_in_and_a_router_that_answers_again_are_noticed(tmp_path: Path) -> None:
    down = look(machine(tmp_path, eth0="down"))
    plugged = look(machine(tmp_path, eth0="up"))
    (tmp_path / "route").write_text(ROUTES)
    routed = look(tmp_path)
    assert has_come_back(down, plugged)
    assert has_come_back(plugged, routed)
    assert not has_come_back(routed, plugged)
    assert not has_come_back(routed, routed)


def test_a_machine_without_these_files_has_no_links(tmp_path: Path) -> None:
    assert look(tmp_path) == frozenset()


def test_this_machines_links_can_be_looked_at() -> None:
    assert all(one.endswith((" up", " route")) for one in links())
