"""The receiver over HTTP: each answer of the contract, held against its OpenAPI document."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import http.client
import json
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_schema_validator import OAS31Validator
from werkzeug.test import TestResponse

from appliance.central import contract, offices
from appliance.central.archive import Archive
from appliance.central.intake import Intake
from tests.central.records import event
from web.central import BATCHES_AT_ONCE, create_receiver
from web.central.events import CERTIFICATE
from web.central.serving import serving

DOCUMENT: dict[str, Any] = json.loads(
    (Path(contract.__file__).parent / "openapi.json").read_text(encoding="utf-8")
)
EVENTS = "/v1/events"


@pytest.fixture
def app(archive: Archive) -> Flask:
    app = create_receiver(Intake(archive), certificates=True)
    app.testing = True
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def token(archive: Archive) -> str:
    with archive.db.writing() as session:
        return offices.give_token(session, "1373")


class Scene:
    """A centre and a client with a token."""

    def __init__(self, app: Flask, archive: Archive, token: str) -> None:
        self.app = app
        self.archive = archive
        self.token = token

    def post(
        self, body: bytes | None = None, *, certificate: str | None = None, **headers: str
    ) -> TestResponse:
        """Send a batch with this office's token, or with a certificate instead."""
        body = contract.join([event(1)]) if body is None else body
        usual = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": contract.BATCH_MEDIA_TYPE,
            "Idempotency-Key": contract.batch_id(body),
        }
        usual |= {name.replace("_", "-"): value for name, value in headers.items()}
        if certificate is not None:
            usual[CERTIFICATE] = quote(certificate)
            del usual["Authorization"]
        return self.app.test_client().post(EVENTS, data=body, headers=usual)

    def stored(self) -> int:
        with self.archive.db.reading() as session:
            return int(session.run("SELECT count(*) FROM visit")[0][0])


@pytest.fixture
def scene(app: Flask, archive: Archive, token: str) -> Scene:
    return Scene(app, archive, token)


# ------------------------------------------------------------------------------------------ the document


def _revoked(scene: Scene) -> TestResponse:
    with scene.archive.db.writing() as session:
        offices.revoke(session, "1373")
    return scene.post()


def _key_reused(scene: Scene) -> TestResponse:
    scene.post(Idempotency_Key="a" * 32)
    return scene.post(contract.join([event(2)]), Idempotency_Key="a" * 32)


def _too_often(scene: Scene) -> TestResponse:
    empty = b"[]"
    for _ in range(1000):
        response = scene.post(empty)
        if response.status_code != 200:
            return response
    raise AssertionError("there is no limit")


def _shut(scene: Scene) -> TestResponse:
    gate = scene.app.extensions["receiver"].gate
    held = [gate.inside() for _ in range(BATCHES_AT_ONCE)]
    for one in held:
        one.__enter__()
    response = scene.post()
    for one in held:
        one.__exit__(None, None, None)
    assert scene.post().status_code == 200, "and open again"
    return response


CASES: Mapping[int, Callable[[Scene], TestResponse]] = {
    200: lambda scene: scene.post(),
    400: lambda scene: scene.post(b'{"no": "array"}'),
    401: lambda scene: scene.post(Authorization="Bearer of-nobody"),
    403: _revoked,
    413: lambda scene: scene.post(contract.join([event(n) for n in range(101)])),
    415: lambda scene: scene.post(Content_Type="application/json"),
    422: _key_reused,
    429: _too_often,
    503: _shut,
}


def test_every_documented_answer_has_a_case_here_and_no_other() -> None:
    documented = DOCUMENT["paths"][EVENTS]["post"]["responses"]
    assert {int(status) for status in documented} == set(CASES)


@pytest.mark.parametrize("status", CASES)
def test_each_answer_is_as_documented(scene: Scene, status: int) -> None:
    response = CASES[status](scene)

    assert response.status_code == status, response.text
    documented = DOCUMENT["paths"][EVENTS]["post"]["responses"][str(status)]
    schema = documented["content"]["application/json"]["schema"]
    OAS31Validator({**schema, "components": DOCUMENT["components"]}).validate(response.json)
    assert response.mimetype == "application/json"
    assert documented.get("headers", {}).keys() <= {name for name, _ in response.headers}


def test_the_address_of_the_document_is_served_and_no_other(app: Flask) -> None:
    served = {str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith("/v1")}
    assert served == set(DOCUMENT["paths"])


# ------------------------------------------------------------------------------------------ answers


def test_a_batch_is_answered_event_by_event_in_its_order(scene: Scene) -> None:
    batch = [event(2), event(1, 2), event(1, 1), event(3, domain="1377")]
    response = scene.post(contract.join(batch))
    ids = [json.loads(one)["id"] for one in batch]
    assert [row["id"] for row in response.json["results"]] == ids  # type: ignore[index]
    read = contract.read_answer(response.data, ids)
    assert [read[one].status for one in ids] == ["stored", "stored", "superseded", "rejected"]
    assert read[ids[3]].reason == "wrong_source"


def test_a_lost_reply_is_given_again_byte_by_byte(scene: Scene) -> None:
    first = scene.post()
    assert scene.post().data == first.data
    assert first.json["results"][0]["status"] == "stored"  # type: ignore[index]
    assert scene.stored() == 1


def test_a_refused_batch_stores_nothing(scene: Scene) -> None:
    for status in (400, 401, 413, 415):
        assert CASES[status](scene).status_code == status
    assert scene.stored() == 0


def test_a_body_above_256_kib_is_refused_and_one_just_below_is_read(scene: Scene) -> None:
    body = contract.join([event(1)])
    assert scene.post(body + b" " * (contract.MAX_BYTES - len(body))).status_code == 200
    assert scene.post(body + b" " * (contract.MAX_BYTES - len(body) + 1)).status_code == 413


@pytest.mark.parametrize("key", ["", "short", "A" * 32, "a" * 33, "a" * 31 + "\u00e9"])
def test_a_key_of_another_form_is_refused(scene: Scene, key: str) -> None:
    assert scene.post(Idempotency_Key=key).status_code == 400
    assert scene.stored() == 0


def test_a_compressed_body_is_refused_unread_however_large_it_would_be(scene: Scene) -> None:
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    assert scene.post(bomb, Content_Encoding="gzip").status_code == 415
    assert scene.post(bomb).status_code == 400, "and without the header it is no JSON"


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_refused_in_json(client: FlaskClient, method: str) -> None:
    response = getattr(client, method)(EVENTS)
    assert response.status_code == 405
    assert response.json["error"]


def test_what_cannot_be_stored_is_not_acknowledged_and_says_when_to_come_back(
    scene: Scene, archive: Archive
) -> None:
    with archive.db.writing() as session:
        session.run("DROP TABLE reply")
    response = scene.post()
    assert response.status_code == 503
    assert 0 < int(response.headers["Retry-After"]) <= 3600
    assert scene.stored() == 0


def test_an_outage_of_the_database_is_logged_once_and_once_when_it_is_over(
    scene: Scene, archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with archive.db.writing() as session:
        session.run("ALTER TABLE reply RENAME TO gone")
    for _ in range(5):
        assert scene.post().status_code == 503
    with archive.db.writing() as session:
        session.run("ALTER TABLE gone RENAME TO reply")
    for _ in range(5):
        assert scene.post().status_code == 200
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("web.central")]
    assert len(lines) == 2
    assert lines[0].startswith("nothing can be stored: store: ")
    assert lines[1] == "the database stores again"


def test_a_body_without_end_is_cut_short_before_it_fills_anything(archive: Archive, token: str) -> None:
    """Over a real socket: the server itself refuses it."""
    with serving(create_receiver(Intake(archive))) as port:
        for size in (contract.MAX_BYTES + 1, 100 * contract.MAX_BYTES):
            with closing(socket.create_connection(("127.0.0.1", port), 10)) as client:
                head = f"POST {EVENTS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
                head += f"Content-Type: {contract.BATCH_MEDIA_TYPE}\r\nIdempotency-Key: {'a' * 32}\r\n"
                client.sendall(f"{head}Content-Length: {size}\r\n\r\n".encode())
                with suppress(ConnectionError):  # it hangs up while we still talk
                    client.sendall(b" " * min(size, 8 * contract.MAX_BYTES))
                assert client.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_half_a_request_harms_nobody_else(archive: Archive, token: str) -> None:
    with serving(create_receiver(Intake(archive))) as port:
        halves = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(40)]
        for half in halves:
            half.sendall(b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n[")
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
            client.request("GET", "/healthz")
            assert client.getresponse().status == 200
        for half in halves:
            half.close()


def test_its_health_can_be_asked(client: FlaskClient, archive: Archive) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    with archive.db.writing() as session:
        session.run("DROP TABLE rating")
    assert client.get("/healthz").status_code == 503


# ------------------------------------------------------------------------------------------ who sends


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer \u00e9", "token"])
def test_nobody_in_particular_may_not_send(scene: Scene, authorization: str) -> None:
    response = scene.post(Authorization=authorization)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_viewer_may_not_send_and_a_token_opens_no_page(
    scene: Scene, client: FlaskClient, archive: Archive
) -> None:
    with archive.db.writing() as session:
        password = offices.give_viewer(session, "sari")
    assert scene.post(Authorization=f"Bearer {password}").status_code == 401
    assert scene.post(Authorization=f"Bearer sari:{password}").status_code == 401
    assert client.get("/", headers={"Authorization": f"Bearer {scene.token}"}).status_code == 401


def test_two_tokens_of_an_office_are_good_until_both_are_revoked(scene: Scene, archive: Archive) -> None:
    with archive.db.writing() as session:
        second = offices.give_token(session, "1373")
    assert scene.post().status_code == 200
    assert scene.post(Authorization=f"Bearer {second}").status_code == 200
    with archive.db.writing() as session:
        assert offices.revoke(session, "1373") == 2
    assert scene.post().status_code == 403
    assert scene.post(Authorization=f"Bearer {second}").status_code == 403


def test_no_token_is_kept_only_its_hash(archive: Archive, token: str) -> None:
    with archive.db.reading() as session:
        rows = session.run("SELECT * FROM credential")
    assert len(rows) == 1
    assert token not in repr(rows)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A client certificate, as openssl makes it."""
    folder = tmp_path_factory.mktemp("certificate")
    openssl = shutil.which("openssl")
    assert openssl
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=1373", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "cert.pem").read_text()


def test_a_certificate_that_the_proxy_checked_speaks_for_its_office(
    scene: Scene, archive: Archive, certificate: str
) -> None:
    assert scene.post(certificate=certificate).status_code == 401
    with archive.db.writing() as session:
        offices.take_certificate(session, "1373", offices.certificate_fingerprint(certificate))
    assert scene.post(certificate=certificate).status_code == 200
    assert scene.post(certificate="nonsense").status_code == 401
    with archive.db.writing() as session:
        offices.revoke(session, "1373")
    assert scene.post(certificate=certificate).status_code == 403


def test_without_a_proxy_that_checks_them_certificates_count_for_nothing(
    archive: Archive, certificate: str, token: str
) -> None:
    with archive.db.writing() as session:
        offices.take_certificate(session, "1373", offices.certificate_fingerprint(certificate))
    scene = Scene(create_receiver(Intake(archive)), archive, token)
    assert scene.post(certificate=certificate).status_code == 401


def test_the_fingerprint_is_the_one_that_openssl_shows(certificate: str) -> None:
    openssl = shutil.which("openssl")
    assert openssl
    shown = subprocess.run(
        [openssl, "x509", "-noout", "-fingerprint", "-sha256"],
        input=certificate,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert (
        offices.certificate_fingerprint(certificate)
        == shown.partition("=")[2].strip().replace(":", "").lower()
    )


# ------------------------------------------------------------------------------------------ the pages


@pytest.fixture
def viewer(client: FlaskClient, archive: Archive) -> Callable[[str], TestResponse]:
    """Opens pages as somebody who may look at them."""
    with archive.db.writing() as session:
        password = offices.give_viewer(session, "sari")
    basic = base64.b64encode(f"sari:{password}".encode()).decode()
    return lambda path: client.get(path, headers={"Authorization": f"Basic {basic}"})


def _today() -> str:
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=9))).date().isoformat()


@pytest.mark.parametrize("path", ["/", "/now", "/offices/1373", "/offices/9999"])
def test_the_pages_ask_for_a_log_in(client: FlaskClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Basic c2FyaTp3cm9uZw=="}, {"Authorization": "Basic !!"}):
        response = client.get(path, headers=headers)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"].startswith("Basic ")
        assert "Sawahlunto" not in response.text


def test_the_pages_show_visits_of_each_office_and_day(
    scene: Scene, viewer: Callable[[str], TestResponse]
) -> None:
    visits = [event(n, service_date=_today()) for n in range(5)]
    visits += [event(9, service_date=_today(), final_status="no_show")]
    assert scene.post(contract.join(visits)).status_code == 200
    page = viewer("/").text
    assert "Kota Sawahlunto" in page
    assert "Baru saja" in page
    assert "Belum ada kabar" in page, "of the other office"
    assert "<strong>6</strong>" in page
    one = viewer("/offices/1373").text
    assert '<td class="bars__number">6</td><td class="bars__number">5</td>' in one


def test_small_numbers_are_marked_and_the_page_says_what_that_means(
    scene: Scene, viewer: Callable[[str], TestResponse]
) -> None:
    scene.post(contract.join([event(n, service_date=_today()) for n in range(2)]))
    page = viewer("/").text
    assert '2<span class="few">*</span>' in page
    assert "Angka di bawah 3 ditandai * dan bukan untuk publikasi" in page
    scene.post(contract.join([event(7, service_date=_today())]))
    assert 'class="few"' not in viewer("/").text


def test_the_pages_speak_english_too(viewer: Callable[[str], TestResponse]) -> None:
    assert "Visits by day, all offices" in viewer("/?lang=en").text
    assert "Internal view" in viewer("/offices/1373").text, "and remember it"


def test_a_page_of_an_office_that_is_not_known_is_not_found(viewer: Callable[[str], TestResponse]) -> None:
    response = viewer("/offices/9999")
    assert response.status_code == 404
    assert "Tidak dapat ditampilkan" in response.text


def test_the_pages_are_strict_with_browsers(viewer: Callable[[str], TestResponse]) -> None:
    response = viewer("/")
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    for forbidden in ("style=", "<style", "onclick", "<script>"):
        assert forbidden not in response.text


def test_a_day_that_does_not_exist_harms_no_page(scene: Scene, viewer: Callable[[str], TestResponse]) -> None:
    assert scene.post(contract.join([event(1, service_date="2026-02-31")])).status_code == 200
    assert viewer("/").status_code == 200
    assert viewer("/offices/1373").status_code == 200


def test_a_viewers_older_password_is_no_longer_good(client: FlaskClient, archive: Archive) -> None:
    with archive.db.writing() as session:
        first = offices.give_viewer(session, "sari")
        second = offices.give_viewer(session, "sari")
    assert client.get("/", auth=("sari", first)).status_code == 401
    assert client.get("/", auth=("sari", second)).status_code == 200
