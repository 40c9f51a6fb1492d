"""The published standard on a phone and at the desk, word for word; and read aloud at the kiosk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from appliance import config
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.office import load_office
from appliance.promise import SECTIONS
from drivers.base import DeviceState
from web import create_app


class Items(HTMLParser):
    """The words of each list item of the class `standard__item`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "li":
            self._inside = ("class", "standard__item") in attrs
            if self._inside:
                self.found.append("")
        elif self._inside:
            self.found[-1] += " "

    def handle_endtag(self, tag: str) -> None:
        if tag == "li":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def standard_on(html: str) -> list[str]:
    return [" ".join(item.split()) for item in Items(html).found]


def published(desk: FrontDesk, *sections: str) -> list[str]:
    standard = desk.office.standard
    return [" ".join(text.split()) for section in sections for text in getattr(standard, section)]


@pytest.mark.parametrize("office", ["1373", "1377"])
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_words_on_the_pages_are_those_of_the_profile_and_no_others(
    build: Callable[[str], FrontDesk], office: str, language: str
) -> None:
    desk = build(office)
    client = create_app(desk).test_client()

    assert standard_on(client.get(f"/info?lang={language}").text) == published(desk, *SECTIONS)
    for section in SECTIONS:
        page = client.get(f"/kiosk/standard/{section}?lang={language}").text
        assert standard_on(page) == published(desk, section)


def test_that_it_is_free_stands_before_the_standard(client: FlaskClient) -> None:
    for page in ("/info", "/kiosk/standard"):
        html = client.get(page).text
        assert "Gratis" in html
        assert "Tidak dipungut biaya" in html
        assert html.index("Gratis") < html.index("Persyaratan")


def test_a_phone_can_call_write_and_open_every_channel(client: FlaskClient) -> None:
    html = client.get("/info").text

    for address in ("https://s.bps.go.id/pengaduan-1373", "mailto:bps1373@bps.go.id", "tel:075461049"):
        assert f'href="{address}"' in html
    assert "Kotak saran dan pengaduan di PST BPS Kota Sawahlunto" in html
    assert "Senin–Kamis" in html


def test_an_officer_reads_the_same_at_the_desk(officer_client: FlaskClient, desk: FrontDesk) -> None:
    assert standard_on(officer_client.get("/desk/info").text) == published(desk, *SECTIONS)


# ------------------------------------------------------------------------------------------ read aloud


@pytest.fixture
def speaking(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    """A front desk with a voice."""
    settings = config.parse('[site]\noffice = "1373"\n[voice]\n')
    desk = assemble(load_office("1373"), settings, clock, tmp_path / "speaking")
    desk.store.open()
    yield desk
    desk.store.close()


@pytest.fixture
def visitor(speaking: FrontDesk) -> FlaskClient:
    """A visitor at the kiosk of it."""
    return create_app(speaking).test_client()


def test_a_touch_reads_a_section_and_another_one_stops(speaking: FrontDesk, visitor: FlaskClient) -> None:
    assert "Bacakan" in visitor.get("/kiosk/standard/cost").text
    answer = visitor.post("/kiosk/read/cost")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/kiosk/standard/cost")
    assert "Berhenti membacakan" in visitor.get("/kiosk/standard/cost").text
    assert "Berhenti" not in visitor.get("/kiosk/standard/time").text

    heading = speaking.announcements.next()
    assert heading is not None
    assert dict(heading.texts) == {"id": "Biaya/tarif"}
    visitor.post("/kiosk/read/cost")

    assert speaking.announcements.next() is None
    assert "Bacakan" in visitor.get("/kiosk/read/cost").text


def test_another_section_takes_the_place_of_the_first(speaking: FrontDesk, visitor: FlaskClient) -> None:
    visitor.post("/kiosk/read/procedure")
    visitor.post("/kiosk/read/product")

    said = []
    while (one := speaking.announcements.next()) is not None:
        said.append(one.texts["id"])
    assert said == ["Produk pelayanan", *speaking.office.standard.product]


def test_an_impatient_finger_is_held_back(visitor: FlaskClient) -> None:
    answers = [visitor.post("/kiosk/read/cost").status_code for _ in range(6)]

    assert answers == [303] * 4 + [429] * 2


def test_the_screen_waits_until_the_text_is_read(visitor: FlaskClient) -> None:
    assert 'data-idle-seconds="120"' in visitor.get("/kiosk/standard/procedure").text
    visitor.post("/kiosk/read/procedure")

    page = visitor.get("/kiosk/standard/procedure").text

    (seconds,) = [int(part.split('"')[0]) for part in page.split('data-idle-seconds="')[1:]]
    assert seconds > 200


def test_nothing_is_read_to_a_visitor_who_has_gone(speaking: FrontDesk, visitor: FlaskClient) -> None:
    visitor.post("/kiosk/read/procedure")
    visitor.get("/kiosk/start")

    assert speaking.announcements.reading is None


def test_without_a_voice_there_is_no_button(
    client: FlaskClient, visitor: FlaskClient, speaking: FrontDesk
) -> None:
    assert "Bacakan" not in client.get("/kiosk/standard/cost").text
    assert client.post("/kiosk/read/cost").status_code == 404
    speaking.health.report("voice", DeviceState.LOST)
    assert "Bacakan" not in visitor.get("/kiosk/standard/cost").text
    assert visitor.post("/kiosk/read/nothing").status_code == 404
