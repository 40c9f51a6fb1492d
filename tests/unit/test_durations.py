"""Durations in a file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("3s", 3), ("90 s", 90), ("10m", 600), ("8h", 28_800), ("0s", 0)]
)
def test_a_number_with_its_unit_is_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["3", "3 sec", "-1s", "1.5s", "", "ms", 3, 3.0, None, True])
def test_anything_else_is_refused_with_what_to_write(value: object) -> None:
    with pytest.raises(ValueError, match='"500ms", "3s", "10m" or "8h"'):
        parse_duration(value)


@pytest.mark.parametrize(
    ("text", "shortest"), [("1500ms", "1500ms"), ("60s", "1m"), ("1000ms", "1s"), ("0s", "0ms")]
)
def test_it_is_written_in_the_largest_whole_unit(text: str, shortest: str) -> None:
    assert format_duration(parse_duration(text)) == shortest


@given(st.integers(0, 10**9))
def test_writing_and_reading_give_the_same(milliseconds: int) -> None:
    duration = timedelta(milliseconds=milliseconds)

    assert parse_duration(format_duration(duration)) == duration
