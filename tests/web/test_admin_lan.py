"""What the administration's first page says of the certificate for the office's network."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask

from appliance import config
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk, assemble
from appliance.lan import authority
from appliance.lan.settings import Lan
from appliance.office import load_office
from appliance.staff import Member
from tests.conftest import CONFIG, logged_in

TABLE = """
[panel]
public_url = "https://pst.local:8443"
[lan]
certificate = "{folder}/lan.pem"
key = "{folder}/lan.key"
"""


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[FrontDesk]:
    """A front desk that is shown to the network."""
    settings = config.parse(CONFIG.format(office="1373") + TABLE.format(folder=tmp_path / "tls"))
    desk = assemble(load_office("1373"), settings, clock, tmp_path / "data")
    desk.store.open()
    yield desk
    desk.store.close()


@pytest.fixture
def lan(desk: FrontDesk) -> Lan:
    assert desk.config.lan is not None
    return desk.config.lan


@pytest.fixture
def page(app: Flask, desk: FrontDesk, administrator: Member) -> Callable[[], str]:
    log_in = partial(logged_in, app, desk, administrator)  # sessions last for hours
    return lambda: html.unescape(log_in().get("/admin/").get_data(as_text=True))


def test_it_says_until_when_and_what_to_do_as_the_end_comes_near(
    lan: Lan, page: Callable[[], str], clock: ManualClock
) -> None:
    assert "Sertifikat tidak dapat dibaca" in page()
    made = clock.now().wall
    authority.make(lan, ["pst.local"], "Kota Sawahlunto", made)
    assert f"Sertifikat berlaku sampai {made + timedelta(days=820):%Y-%m-%d} (820 hari lagi)." in page()
    clock.advance(761.5 * 86400)
    assert "Sertifikat segera berakhir" in page()
    clock.advance(60 * 86400)
    assert "Sertifikat sudah berakhir" in page()


def test_a_certificate_of_the_future_is_a_question_about_the_date(
    lan: Lan, page: Callable[[], str], clock: ManualClock
) -> None:
    authority.make(lan, ["pst.local"], "Kota Sawahlunto", clock.now().wall + timedelta(days=30))
    assert "Sertifikat belum berlaku" in page()
    assert "Periksa tanggal komputer ini." in page()
