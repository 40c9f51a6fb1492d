"""The simulator's page over real simulated hardware: what it shows, and that each of its buttons does it."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from appliance import staff
from appliance.front_desk import FrontDesk
from appliance.visits import Visit
from drivers.base import DeviceState, Phrase, Text
from drivers.button import ButtonWiring
from drivers.locks import LockWiring
from drivers.printer import EscposPrinter, NetworkWire
from drivers.simulated.house import House
from drivers.speaker import EspeakSpeaker
from web import create_app

PAGE = "/simulator/"
BUTTONS = {"P": ButtonWiring(17), "K": ButtonWiring(27)}
LOCKERS = {"1": LockWiring(5, 6), "2": LockWiring(13, 19)}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with House(tmp_path / "house") as house:
        house.wire(BUTTONS, LOCKERS)
        yield house


@pytest.fixture
def app(desk: FrontDesk, house: House) -> Flask:
    """The pages of a simulated front desk."""
    app = create_app(desk, house)
    app.testing = True
    return app


@pytest.fixture
def do(client: FlaskClient) -> Callable[..., int]:
    """Presses one of the page's buttons: `do("press", letter="P")`; gives the status."""

    def press(action: str, **form: str) -> int:
        return client.post(f"{PAGE}{action}", data=form).status_code

    return press


@pytest.fixture
def show(client: FlaskClient) -> Callable[[], str]:
    """The changing part of the page, as one reads it."""

    def look() -> str:
        answer = client.get(f"{PAGE}room")
        assert answer.status_code == 200
        return html.unescape(answer.get_data(as_text=True))

    return look


@pytest.fixture
def printed(house: House) -> Iterator[Callable[..., None]]:
    """Prints lines of text through the real driver."""
    printer = EscposPrinter(
        name="printer", wire=NetworkWire(house.printer.host, house.printer.port), columns=48
    )
    printer.connect()

    def print_lines(*lines: str) -> None:
        printer.print(tuple(Text(line) for line in lines))

    yield print_lines
    printer.close()


def pressed_words(page: str) -> list[str]:
    """The words of the buttons that are shown as pressed."""
    return re.findall(r'aria-pressed="true">([^<]*)<', page)


def switched_on(page: str) -> list[str]:
    """The words of the switches that are on."""
    found = re.findall(r'aria-checked="true">.*?__text">(.*?)</button>', page)
    return [re.sub(r"<[^>]*>", "", words) for words in found]


# ------------------------------------------------------------------------- the page


def test_the_page_says_that_it_is_a_simulation_and_leads_to_the_other_pages(client: FlaskClient) -> None:
    page = client.get(PAGE).get_data(as_text=True)
    assert "SIMULASI" in page
    for address in ("/kiosk/start", "/desk/", "/board"):
        assert f'href="{address}" target="_blank"' in page
    assert "Dilihat aplikasi:" in page
    assert "data-events" not in page, "the few streams are for others; this page asks every second"


def test_the_page_speaks_english_too(client: FlaskClient) -> None:
    page = client.get(f"{PAGE}?lang=en").get_data(as_text=True)
    assert "Front desk simulator" in page
    assert "Queue buttons" in page


def test_without_simulated_hardware_there_is_no_such_page(desk: FrontDesk) -> None:
    client = create_app(desk).test_client()
    assert client.get(PAGE).status_code == 404
    assert client.post(f"{PAGE}tear-off").status_code == 404


@pytest.mark.parametrize("path", ["", "room", "tickets/1.png", "sounds/1.wav"])
def test_the_page_is_only_for_the_kiosks_networks(client: FlaskClient, path: str) -> None:
    elsewhere = {"REMOTE_ADDR": "192.168.1.20"}
    assert client.get(f"{PAGE}{path}", environ_overrides=elsewhere).status_code == 404
    assert client.post(f"{PAGE}tear-off", environ_overrides=elsewhere).status_code == 404


@pytest.mark.parametrize("action", ["press", "roll", "tear-off", "tap", "lift", "door", "fault"])
def test_nothing_happens_on_a_get_or_from_another_site(client: FlaskClient, action: str) -> None:
    assert client.get(f"{PAGE}{action}").status_code == 405
    assert client.post(f"{PAGE}{action}", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_first_steps_are_shown_until_there_is_an_administrator(
    show: Callable[[], str], desk: FrontDesk
) -> None:
    assert "/setup" in show()
    password = staff.hash_password("kata sandi yang panjang")
    desk.store.write(
        staff.add, login="budi", name="Budi Santoso", role="administrator", password_hash=password
    )
    assert "/setup" not in show()


def test_each_device_says_how_the_appliance_sees_it(show: Callable[[], str], desk: FrontDesk) -> None:
    desk.health.report("buttons", DeviceState.READY)
    desk.health.report("printer", DeviceState.READY, "paper_out")
    desk.health.report("voice", DeviceState.READY, "paper_low")
    desk.health.report("lockers", DeviceState.LOST)
    pills = re.findall(r'pill--(\w+)">.*?<span>(.*?)</span>', show())
    assert pills == [
        ("good", "Siap"),
        ("bad", "Kertas habis"),
        ("off", "Tidak dipasang"),
        ("bad", "Terputus"),
        ("wait", "Kertas hampir habis"),
    ]


# ------------------------------------------------------------------------- push buttons


def test_a_push_button_is_named_by_its_service_and_pressed_on_the_wire(
    do: Callable[..., int], show: Callable[[], str], house: House
) -> None:
    levels: list[bool] = []
    house.pins.fit_resistor(17, high=True)
    house.pins.watch(17, lambda level, _at_ns: levels.append(level))
    assert "Perpustakaan" in show()
    assert "Konsultasi Statistik" in show()
    levels.clear()
    assert do("press", letter="P") == 303
    assert levels == [False, True] * 4, "the contact closed and opened, with its bounce"


def test_a_stuck_button_is_shown_and_cannot_be_pressed(
    do: Callable[..., int], show: Callable[[], str], house: House
) -> None:
    assert do("fault", device="buttons", name="P", on="1") == 303
    assert house.faults["buttons"] == {"P": True, "K": False}
    assert switched_on(show()) == ["Tersangkut P"]
    assert len(re.findall(r"sim-button--stuck.*? disabled>P<", show())) == 1
    assert do("fault", device="buttons", name="P", on="0") == 303
    assert switched_on(show()) == []


# ------------------------------------------------------------------------- ticket printer


def test_a_ticket_comes_out_as_a_picture_of_what_was_sent(
    client: FlaskClient, show: Callable[[], str], printed: Callable[..., None]
) -> None:
    assert "Belum ada kertas yang keluar" in show()
    printed("PELAYANAN STATISTIK TERPADU", "Gratis")
    printed("Kedua")
    page = show()
    assert re.findall(r'data-key="paper-(\d)"', page) == ["2", "1"], "the newest hangs out of the printer"
    assert "PELAYANAN STATISTIK TERPADU Gratis" in page, "the picture's words, for who cannot see it"
    answer = client.get(f"{PAGE}tickets/1.png")
    assert answer.mimetype == "image/png"
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert (picture.format, picture.width) == ("PNG", 576)
    assert client.get(f"{PAGE}tickets/3.png").status_code == 404


def test_a_tickets_code_can_be_scanned_while_its_visit_has_a_page(
    show: Callable[[], str], printed: Callable[..., None], issue: Callable[..., Visit]
) -> None:
    visit = issue()
    printed("NOMOR ANTREAN", visit.label)
    printed("P999")
    assert re.findall(r'href="/v/([^"]+)"', show()) == [visit.token]


def test_paper_that_is_taken_away_is_gone(
    do: Callable[..., int], show: Callable[[], str], printed: Callable[..., None]
) -> None:
    printed("Satu")
    assert do("tear-off") == 303
    assert "Satu" not in show()
    assert "Belum ada kertas yang keluar" in show()


def test_paper_that_ended_in_the_middle_is_shown_as_that(
    do: Callable[..., int],
    show: Callable[[], str],
    printed: Callable[..., None],
    issue: Callable[..., Visit],
) -> None:
    visit = issue()
    assert do("roll", roll="ending") == 303
    assert pressed_words(show()) == ["Habis di tengah tiket"]
    with pytest.raises(Exception, match="no paper"):
        printed(visit.label, *"abcdefghijklmnopq")
    assert "Berhenti di tengah" in show()
    assert "/v/" not in show(), "half a code leads nowhere"
    assert pressed_words(show()) == ["Habis"]
    assert do("roll", roll="full") == 303
    assert pressed_words(show()) == ["Baru"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("cover_open", "Penutup terbuka"),
        ("jammed", "Kertas tersangkut"),
        ("offline", "Luring"),
        ("mute", "Tidak menjawab"),
        ("stalled", "Berhenti menerima"),
        ("unplugged", "Kabel dicabut"),
    ],
)
def test_each_fault_of_the_printer_is_switched_on_and_off(
    do: Callable[..., int], show: Callable[[], str], house: House, fault: str, words: str
) -> None:
    assert do("fault", device="printer", name=fault, on="1") == 303
    assert house.faults["printer"][fault]
    (on,) = switched_on(show())
    assert on.startswith(words)
    assert do("fault", device="printer", name=fault, on="0") == 303
    assert not any(house.faults["printer"].values())


# ------------------------------------------------------------------------- cards


def test_a_card_is_tapped_laid_down_and_lifted(
    do: Callable[..., int], show: Callable[[], str], house: House
) -> None:
    assert "pcscd sungguhan" in show()
    assert do("tap", card="ktp") == 303
    assert house.cards.lying == "ktp"
    assert "Angkat kartu" in show()
    assert do("tap", card="passport", stay="1") == 303
    assert house.cards.lying == "passport"
    assert do("lift") == 303
    assert house.cards.lying is None
    assert "Tidak ada kartu di atasnya" in show()


def test_at_a_reader_that_stopped_no_card_can_be_tapped_and_the_page_says_so(
    client: FlaskClient, do: Callable[..., int], show: Callable[[], str]
) -> None:
    assert do("fault", device="card_reader", name="stopped", on="1") == 303
    assert switched_on(show()) == ["Pembaca dicabutpcscd berhenti"]
    answer = client.post(f"{PAGE}tap", data={"card": "ktp"})
    assert answer.status_code == 409
    assert "tidak ada pembaca kartu" in answer.get_data(as_text=True)
    assert do("fault", device="card_reader", name="stopped", on="0") == 303
    assert do("tap", card="ktp") == 303


def test_where_pcscd_cannot_be_started_the_page_says_why(
    desk: FrontDesk, house: House, tmp_path: Path
) -> None:
    """The reason here: this process runs one already, that of the other house."""
    with House(tmp_path / "second") as second:
        second.wire({}, {})
        client = create_app(desk, second).test_client()
        page = client.get(PAGE).get_data(as_text=True)
        assert "Tidak ada pembaca kartu di komputer ini" in page
        assert "this program already runs a pcscd of its own" in page
        assert "Tidak ada loker yang terpasang" in page
        assert client.post(f"{PAGE}tap", data={"card": "ktp"}).status_code == 409
    assert house.reader_missing is None


# ------------------------------------------------------------------------- lockers


def test_a_door_is_opened_closed_and_jammed(
    do: Callable[..., int], show: Callable[[], str], house: House
) -> None:
    assert show().count("Tertutup") == 2
    assert do("door", locker="2", on="1") == 303
    assert [door.is_open for door in house.doors] == [False, True]
    assert show().count("Terbuka") == 1
    assert do("door", locker="2", on="0") == 303
    assert show().count("Tertutup") == 2
    assert do("fault", device="lockers", name="1", on="1") == 303
    assert house.faults["lockers"] == {"1": True, "2": False}
    assert switched_on(show()) == ["Macet 1"]


# ------------------------------------------------------------------------- loudspeaker


def test_a_call_can_be_heard_again(client: FlaskClient, show: Callable[[], str], house: House) -> None:
    assert "Belum ada panggilan" in show()
    speaker = EspeakSpeaker("voice", player=house.player_command, chime=False)
    speaker.say((Phrase("id", "satu"),))
    assert 'data-sound="1"' in show()
    assert "Pukul 08.59" in show(), "a second ago, and the clock of these tests stands at 09.00"
    answer = client.get(f"{PAGE}sounds/1.wav", headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.data, answer.mimetype) == (206, b"RIFF", "audio/wav")
    assert client.get(f"{PAGE}sounds/2.wav").status_code == 404


@pytest.mark.parametrize("fault", ["unplugged", "stuck"])
def test_the_loudspeakers_faults_are_switched(
    do: Callable[..., int], show: Callable[[], str], house: House, fault: str
) -> None:
    assert do("fault", device="voice", name=fault, on="1") == 303
    assert [name for name, on in house.faults["voice"].items() if on] == [fault]
    assert len(switched_on(show())) == 1
    assert do("fault", device="voice", name=fault, on="0") == 303
    assert not any(house.faults["voice"].values())


# ------------------------------------------------------------------------- what there is not


@pytest.mark.parametrize(
    ("action", "form"),
    [
        ("press", {"letter": "Z"}),
        ("press", {}),
        ("roll", {"roll": "endless"}),
        ("tap", {"card": "library"}),
        ("door", {"locker": "9", "on": "1"}),
        ("door", {"locker": "1", "on": "perhaps"}),
        ("fault", {"device": "coffee_machine", "name": "P", "on": "1"}),
        ("fault", {"device": "buttons", "name": "Z", "on": "1"}),
        ("fault", {"device": "printer", "name": "lit", "on": "1"}),
        ("fault", {"device": "printer", "name": "mute"}),
        ("explode", {}),
    ],
)
def test_what_there_is_not_is_not_found_and_nothing_changes(
    do: Callable[..., int], house: House, action: str, form: dict[str, str]
) -> None:
    before = (house.faults, house.roll, house.doors, house.cards.lying)
    assert do(action, **form) == 404
    assert (house.faults, house.roll, house.doors, house.cards.lying) == before


def test_the_hours_are_not_enforced_until_somebody_says_so(
    do: Callable[..., int], show: Callable[[], str], desk: FrontDesk
) -> None:
    assert do("hours", on="0") == 303
    assert "tombol memberi nomor pada jam berapa pun" in show()
    assert not desk.hours.enforced
    assert do("hours", on="1") == 303
    assert "nomor hanya diberikan dalam jam layanan" in show()
    assert desk.hours.enforced
