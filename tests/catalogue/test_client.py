"""The real client against every shape of answer."""

from __future__ import annotations

import json
import logging
import time
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.catalogue import answers
from appliance.catalogue.answers import NOTHING, Publication, size_in_bytes
from appliance.catalogue.client import WebApi
from appliance.catalogue.errors import CatalogueError, KeyRefused, OddAnswer, TooLarge, Unreachable
from tests.catalogue.odd_api import KEY, OddApi, Reply, ok, row


def test_a_page_is_read_with_all_that_it_says(api: OddApi, client: WebApi) -> None:
    api.rows["1373"] = [row(35)]
    page = client.page("1373", 1)

    assert (page.page, page.pages, page.total) == (1, 1, 1)
    (found,) = page.publications
    assert found.title == "Kota Sawahlunto Dalam Angka 2025"
    assert (found.abstract, found.issn, found.size, found.year) == ("Data & angka", "", 13_460_000, "2025")


@pytest.mark.parametrize(
    "reply",
    [
        ok("", "list-not-available"),
        ok(None, "not-available"),
        Reply(404, b"<html>nothing</html>", {"data-availability": "list-not-available"}),
        Reply(404, b"", {"Data-Availability": "not-available"}),
        Reply(400, b'{"status":"Error","data-availability":"list-not-available"}'),
    ],
)
def test_nothing_is_said_in_many_ways(api: OddApi, client: WebApi, reply: Reply) -> None:
    api.say(reply, reply)
    assert client.page("1373", 1) == NOTHING
    assert client.publication("1373", "abcd") is None


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(body=b""), OddAnswer),
        (Reply(body=b"  \n"), OddAnswer),
        (Reply(body=b'""'), OddAnswer),
        (Reply(body=b"<!doctype html><h1>Just a moment"), OddAnswer),
        (Reply(body=b"[1, 2"), OddAnswer),
        (Reply(body=b"[" * 100_000), OddAnswer),
        (Reply(body=b"null"), OddAnswer),
        (Reply(body='{"status":"Æ'.encode("latin-1")), OddAnswer),
        (ok(""), OddAnswer),
        (ok({"pub_id": 1}), OddAnswer),
        (ok([[], []]), OddAnswer),
        (ok([{"page": 1}, "x"]), OddAnswer),
        (ok([{"page": 1}, [{"no": "publication"}]]), OddAnswer),
        (Reply(404, b"<html>"), OddAnswer),
        (Reply(302, b"", {"Location": "https://elsewhere.example/"}), OddAnswer),
        (Reply(500, b"<html>"), Unreachable),
        (Reply(503, b""), Unreachable),
        (Reply(429, b""), Unreachable),
        (Reply(401, b""), KeyRefused),
        (Reply(403, b"<html>"), KeyRefused),
        (Reply(body=b'{"status":"Error","message":"API Key is not valid"}'), KeyRefused),
        (Reply(body=b'{"status":"Error","message":"Something else"}'), OddAnswer),
        (Reply(body=b'{"status":"OK","da', cut=True), Unreachable),
    ],
)
def test_what_is_no_answer_is_told_apart(
    api: OddApi, client: WebApi, reply: Reply, error: type[CatalogueError]
) -> None:
    api.say(reply)
    with pytest.raises(error) as told:
        client.page("1373", 1)
    assert type(told.value) is error
    assert KEY not in str(told.value)


def test_a_list_in_a_list_and_numbers_as_texts_are_understood(api: OddApi, client: WebApi) -> None:
    api.say(ok([{"page": "1", "pages": "x", "total": "2"}, [[row(1)], [row(2), None, {"title": "?"}]]]))
    page = client.page("1373", 1)
    assert (page.pages, page.total, len(page.publications)) == (0, 2, 2)
    api.say(ok([{"page": 1}, [row(7)]]), ok([row(7)]))
    assert client.page("1373", 1).publications[0].id.endswith("7")
    found = client.publication("1373", "abcd")
    assert found is not None


def test_a_title_of_ten_thousand_letters_is_cut(api: OddApi, client: WebApi) -> None:
    api.rows["1373"] = [row(1, title="A" * 10_000, abstract="B" * 1_000_000)]
    (found,) = client.page("1373", 1).publications
    assert (len(found.title), len(found.abstract)) == (answers.LONGEST_TITLE, answers.LONGEST_ABSTRACT)


def test_an_answer_that_never_ends_is_left(api: OddApi) -> None:
    client = WebApi(api.url, KEY, pause_s=0, timeout_s=0.4)
    for reply in (Reply(body=b"{", drip=True), Reply(body=b"", drip=True)):
        api.say(reply)
        began = time.monotonic()
        with pytest.raises(Unreachable):
            client.page("1373", 1)
        assert time.monotonic() - began < 5


def test_five_hundred_megabytes_are_not_taken(api: OddApi, client: WebApi) -> None:
    api.files["announced"] = Reply(headers={"X": "1"}, body=b"%PDF-" + b" " * 300_000)
    with pytest.raises(TooLarge):
        client.file(f"{api.url}/files/announced", 100_000)
    api.files["endless"] = Reply(body=b"%PDF-", endless=True)
    with pytest.raises(TooLarge):
        client.file(f"{api.url}/files/endless", 2_000_000)


def test_a_file_may_stand_elsewhere_and_may_be_gone(api: OddApi, client: WebApi) -> None:
    api.files["here"] = Reply(302, headers={"Location": f"{api.url}/files/there"})
    api.files["there"] = Reply(body=b"content")
    assert client.file(f"{api.url}/files/here", 100) == b"content"
    with pytest.raises(OddAnswer):
        client.file(f"{api.url}/files/gone", 100)
    api.files["round"] = Reply(302, headers={"Location": f"{api.url}/files/round"})
    with pytest.raises(CatalogueError):
        client.file(f"{api.url}/files/round", 100)


def test_nobody_at_the_other_end_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        WebApi("http://127.0.0.1:9", KEY, pause_s=0, timeout_s=1).page("1373", 1)


def test_at_most_one_request_a_pause(api: OddApi) -> None:
    client = WebApi(api.url, KEY, pause_s=0.2, timeout_s=2)
    api.rows["1373"] = [row(1)]
    for _ in range(4):
        client.page("1373", 1)
    assert min(later - earlier for earlier, later in pairwise(api.times)) >= 0.19


def test_what_is_under_way_can_be_cut_short(api: OddApi) -> None:
    client = WebApi(api.url, KEY, pause_s=60, timeout_s=2)
    api.rows["1373"] = [row(1)]
    client.page("1373", 1)
    client.stop()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        client.page("1373", 1)
    assert time.monotonic() - began < 5


def test_the_key_is_in_no_log_and_no_error(api: OddApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)  # what the front desk logs at
    said = []
    for url, reply in ((api.url, Reply(500)), (api.url, Reply(403)), ("http://127.0.0.1:9", None)):
        if reply:
            api.say(reply)
        with pytest.raises(CatalogueError) as told:
            WebApi(url, KEY, pause_s=0, timeout_s=1).page("1373", 1)
        said.append(repr(told.value) + str(told.value) + repr(told.value.__cause__))
    assert KEY not in caplog.text
    assert KEY not in "".join(said)
    assert any(KEY in path for path in api.asked), "it was sent"


@pytest.mark.parametrize(
    ("text", "size"),
    [("13.46 MB", 13_460_000), ("1,5 GB", 1_500_000_000), ("800 KB", 800_000), ("", 0), (None, 0), (7, 0)],
)
def test_sizes_are_read(text: object, size: int) -> None:
    assert size_in_bytes(text) == size


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(("status", "data", "page", "pub_id", "title")), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from([200, 404, 500, 401]))
def test_no_json_makes_it_crash(value: object, status: int) -> None:
    with suppress(CatalogueError):
        answers.list_page(status, {}, json.dumps(value).encode(), "1373")
    with suppress(CatalogueError):
        found = answers.detail(status, {}, json.dumps(value).encode(), "1373")
        assert found is None or isinstance(found, Publication)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_crash(body: bytes) -> None:
    with suppress(CatalogueError):
        answers.list_page(200, {}, body, "1373")
