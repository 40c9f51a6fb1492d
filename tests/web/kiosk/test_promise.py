"""The office's service standard and its channels for complaints, as published."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from appliance.front_desk import FrontDesk
from appliance.promise import SECTIONS, full_address
from appliance.visits import Visit
from tests.web.kiosk.steps import browser, words
from web.context import qr

Issue = Callable[..., Visit]


@pytest.mark.parametrize("office", ["1373", "1377"])
@pytest.mark.parametrize("section", SECTIONS)
def test_the_standard_is_read_word_for_word(
    build: Callable[[str], FrontDesk], office: str, section: str
) -> None:
    desk = build(office)

    text = words(browser(desk).get(f"/kiosk/standard/{section}"))

    for paragraph in getattr(desk.office.standard, section):
        assert " ".join(paragraph.split()) in text


def test_the_standard_in_english_says_that_it_is_in_indonesian(client: FlaskClient) -> None:
    page = client.get("/kiosk/standard/cost?lang=en")

    assert "The standard is published in Indonesian." in words(page)
    assert "Tidak dipungut biaya" in words(page)
    assert re.search(r'<ul class="standard[^"]*" lang="id">', page.text)
    assert "ditetapkan dalam bahasa" not in words(client.get("/kiosk/standard/cost?lang=id"))


def test_the_sections_lead_on_one_by_one(client: FlaskClient) -> None:
    for section, following in itertools.pairwise(SECTIONS):
        assert f'href="/kiosk/standard/{following}"' in client.get(f"/kiosk/standard/{section}").text
    assert "/kiosk/complaints" in client.get(f"/kiosk/standard/{SECTIONS[-1]}").text


@pytest.mark.parametrize("section", ["model_fields", "number", "nothing"])
def test_there_are_no_other_sections(client: FlaskClient, section: str) -> None:
    assert client.get(f"/kiosk/standard/{section}").status_code == 404


@pytest.mark.parametrize("office", ["1373", "1377"])
def test_complaints_go_to_the_published_channels(build: Callable[[str], FrontDesk], office: str) -> None:
    desk = build(office)
    channels = desk.office.complaints

    page = browser(desk).get("/kiosk/complaints")

    text = words(page)
    for link in channels.links:
        assert link in text
        assert str(qr(full_address(link))) in page.text
    assert str(qr(f"mailto:{channels.email}")) in page.text
    assert str(qr(f"tel:{channels.phone.replace('-', '')}")) in page.text
    for channel in (channels.suggestion_box, channels.email, channels.phone):
        assert channel in text
    assert ("LAPOR!" in text) is (channels.lapor is not None)
    assert page.text.count('class="qr__code"') == len(channels.links) + 2 + (
        channels.lapor is not None and channels.lapor not in channels.links
    )


@pytest.mark.parametrize(
    ("published", "opened"),
    [
        ("s.bps.go.id/pengaduan-1373", "https://s.bps.go.id/pengaduan-1373"),
        ("s.bps.go.id/pengaduan1377", "https://s.bps.go.id/pengaduan1377"),
        ("https://lapor.go.id", "https://lapor.go.id"),
        ("http://example.org/a", "http://example.org/a"),
    ],
)
def test_a_link_gets_a_scheme_where_it_was_published_without(published: str, opened: str) -> None:
    assert full_address(published) == opened
