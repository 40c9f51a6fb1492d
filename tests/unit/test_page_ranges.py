"""Pages as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.page_ranges import LAST_PAGE, BadPages, Pages, parse
from appliance.wording import LANGUAGES, load_wording


@pytest.mark.parametrize(
    ("text", "written", "count"),
    [
        ("12-18, 25", "12-18, 25", 8),
        ("12–18,25", "12-18, 25", 8),
        ("12 — 18 ; 25", "12-18, 25", 8),
        ("hal. 12 s.d. 18 dan 25", "12-18, 25", 8),
        ("hlm 12 s/d 18 & 25", "12-18, 25", 8),
        ("pp. 12 to 18 and 25", "12-18, 25", 8),
        ("12 sampai 18, halaman 25", "12-18, 25", 8),
        ("7", "7", 1),
        ("25, 12-18", "12-18, 25", 8),
        ("1-5, 4-9", "1-9", 9),
        ("1-5, 6-9", "1-9", 9),
        ("3, 3, 3", "3", 1),
        ("  8   9  ", "8-9", 2),
        ("9999", "9999", 1),
    ],
)
def test_what_people_write_is_understood(text: str, written: str, count: int) -> None:
    pages = parse(text, 200)
    assert (str(pages), pages.count) == (written, count)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "pages_needed"),
        (" , ; ", "pages_needed"),
        ("halaman", "pages_needed"),
        ("semua", "pages"),
        ("12-", "pages"),
        ("-12", "pages"),
        ("1-2-3", "pages"),
        ("12.5", "pages"),
        ("१२", "pages"),
        ("18-12", "pages_order"),
        ("0", "pages_range"),
        ("0-4", "pages_range"),
        ("10000", "pages_range"),
        ("9999999999", "pages"),
        ("1-201", "pages_many"),
        ("1-150, 200-300", "pages_many"),
        ("1," * 200, "pages_long"),
        ("'; DROP TABLE photocopy; --", "pages"),
    ],
)
def test_nonsense_is_said_beside_the_field_in_both_languages(text: str, key: str) -> None:
    with pytest.raises(BadPages) as bad:
        parse(text, 200)
    assert bad.value.message.key == f"photocopy.err.{key}"
    for language in LANGUAGES:
        assert load_wording().say(bad.value.message, language)


ranges = st.lists(
    st.tuples(st.integers(1, LAST_PAGE), st.integers(0, 50)).map(
        lambda one: (one[0], min(one[0] + one[1], LAST_PAGE))
    ),
    min_size=1,
    max_size=12,
)


@given(ranges, st.sampled_from(["-", "–", " - ", " s.d. "]), st.sampled_from([", ", ";", " "]))
def test_each_page_that_was_named_is_counted_once(
    named: list[tuple[int, int]], to: str, between: str
) -> None:
    text = between.join(f"{first}{to}{last}" for first, last in named)
    expected = {page for first, last in named for page in range(first, last + 1)}
    if len(text) > 200:
        return
    pages = parse(text, LAST_PAGE)
    assert pages.count == len(expected)
    assert parse(str(pages), LAST_PAGE) == pages, "what is written is read again as the same"


@given(st.text(max_size=400))
def test_any_text_is_pages_or_a_message(text: str) -> None:
    try:
        assert isinstance(parse(text, 200), Pages)
    except BadPages as bad:
        assert load_wording().say(bad.message, "id")
