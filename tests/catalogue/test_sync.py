"""The nightly copying: whole or not at all, and on where it broke."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from appliance.catalogue import client as clients
from appliance.catalogue import search
from appliance.catalogue.client import WebApi
from appliance.catalogue.errors import CatalogueBusy, CatalogueError, OddAnswer, Shrunk, Unreachable
from appliance.catalogue.shelf import Shelf, count, made_at, one
from appliance.catalogue.sync import sync
from tests.catalogue.odd_api import OddApi, Reply, ok, row

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
DOMAINS = ("1373", "0000")


def run(shelf: Shelf, client: WebApi, at: datetime = NOW, domains: tuple[str, ...] = DOMAINS) -> int:
    with shelf.writing() as writer:
        return sync(writer, client, domains, lambda: at)


def fill(api: OddApi, own: int, national: int) -> None:
    api.rows = {
        "1373": [row(number) for number in range(own)],
        "0000": [row(number, "0000", title=f"Statistik Indonesia {number}") for number in range(national)],
    }


def counted(shelf: Shelf) -> int:
    with shelf.reading() as db:
        return count(db)


def test_every_page_of_every_domain_is_copied(api: OddApi, client: WebApi, shelf: Shelf) -> None:
    fill(api, 30, 250)
    assert run(shelf, client) == 280
    with shelf.reading() as db:
        assert made_at(db) == NOW
        found = one(db, row(5)["pub_id"])
    assert found is not None
    assert found.title == "Kota Sawahlunto Dalam Angka 1995"
    assert found.pdf == "", "links die: they are not kept"


def test_a_sync_that_broke_goes_on_where_it_was(api: OddApi, client: WebApi, shelf: Shelf) -> None:
    fill(api, 30, 450)
    api.before = lambda path: Reply(503) if "/domain/0000/page/4/" in path else None
    with pytest.raises(Unreachable):
        run(shelf, client)
    asked = len(api.asked)
    api.before = lambda path: None

    assert run(shelf, client, NOW + timedelta(hours=1)) == 480
    pages = [path for path in api.asked[asked:]]
    assert ["/page/4/" in pages[0], "/page/5/" in pages[1]] == [True, True]
    assert not any("/domain/1373/" in path for path in pages), "what was whole is not asked for again"


def test_what_lies_aside_for_longer_than_a_day_is_copied_anew(
    api: OddApi, client: WebApi, shelf: Shelf
) -> None:
    fill(api, 150, 0)
    api.before = lambda path: Reply(503) if "/page/2/" in path else None
    with pytest.raises(Unreachable):
        run(shelf, client, domains=("1373",))
    api.before = lambda path: None
    asked = len(api.asked)
    run(shelf, client, NOW + timedelta(days=2), domains=("1373",))
    assert "/page/1/" in api.asked[asked]


def test_stopped_in_the_middle_it_keeps_the_old_copy(api: OddApi, client: WebApi, shelf: Shelf) -> None:
    fill(api, 30, 30)
    run(shelf, client)
    fill(api, 40, 40)

    def stop(domain: str, page: int) -> None:
        if domain == "0000":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), shelf.writing() as writer:
        sync(writer, client, DOMAINS, lambda: NOW + timedelta(days=1), stop)
    assert counted(shelf) == 60
    assert run(shelf, client, NOW + timedelta(days=1)) == 80


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b""),
        Reply(body=b"<html>"),
        Reply(404, b"<html>"),
        Reply(body=b'{"status":"Error","message":"API Key is not valid"}'),
        Reply(503),
    ],
)
def test_whatever_the_api_says_the_old_copy_stays(
    api: OddApi, client: WebApi, shelf: Shelf, reply: Reply
) -> None:
    fill(api, 30, 30)
    run(shelf, client)
    api.before = lambda path: reply if "0000" in path else None
    with pytest.raises(CatalogueError):
        run(shelf, client, NOW + timedelta(days=1))
    assert counted(shelf) == 60
    with shelf.reading() as db:
        assert made_at(db) == NOW


def test_a_domain_that_suddenly_has_nothing_is_not_believed(
    api: OddApi, client: WebApi, shelf: Shelf
) -> None:
    fill(api, 30, 30)
    run(shelf, client)
    fill(api, 30, 3)
    with pytest.raises(Shrunk) as told:
        run(shelf, client, NOW + timedelta(days=1))
    assert "0000: 3 publications, 30 before" in str(told.value)
    assert counted(shelf) == 60


@pytest.mark.parametrize(("said", "total"), [(1, 250), (99, 250), (1, 0), ("x", "y")])
def test_a_wrong_number_of_pages_loses_nothing(
    api: OddApi, client: WebApi, shelf: Shelf, said: object, total: object
) -> None:
    rows = [row(number) for number in range(250 if total else 100)]

    def lie(path: str) -> Reply | None:
        page = int(path.split("/page/")[1].split("/")[0])
        shown = rows[(page - 1) * clients.PER_PAGE : page * clients.PER_PAGE]
        return (
            ok([{"page": page, "pages": said, "total": total}, shown])
            if shown
            else ok("", "list-not-available")
        )

    api.before = lie
    expected = 100 if (said, total) in ((1, 0), ("x", "y")) else 250
    assert run(shelf, client, domains=("1373",)) == expected


def test_an_api_that_gives_the_same_page_for_ever_is_left(api: OddApi, client: WebApi, shelf: Shelf) -> None:
    rows = [row(number) for number in range(50)]
    api.before = lambda path: ok([{"page": 1, "pages": 9999, "total": 9999}, rows])
    assert run(shelf, client, domains=("1373",)) == 50
    assert len(api.asked) == 2


def test_an_api_without_a_last_page_is_left_too(
    api: OddApi, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.catalogue.sync.MOST_PAGES", 5)

    class Endless:
        def page(self, domain: str, number: int):  # type: ignore[no-untyped-def]
            from appliance.catalogue.answers import ListPage, publication

            made = publication(row(number), domain)
            assert made is not None
            return ListPage(number, 9999, 9999, (made,))

    with shelf.writing() as writer, pytest.raises(OddAnswer):
        sync(writer, Endless(), ("1373",), lambda: NOW)


def test_there_is_one_writer(shelf: Shelf) -> None:
    with shelf.writing(), pytest.raises(CatalogueBusy), shelf.writing():
        pass


def test_a_damaged_copy_is_thrown_away_and_made_anew(api: OddApi, client: WebApi, shelf: Shelf) -> None:
    fill(api, 30, 30)
    run(shelf, client)
    shelf.path.write_bytes(b"no database" * 1000)
    with pytest.raises(sqlite3.Error), shelf.reading() as db:
        count(db)
    assert run(shelf, client) == 60


def test_readers_see_the_old_copy_while_the_new_one_is_made(
    api: OddApi, client: WebApi, shelf: Shelf
) -> None:
    fill(api, 30, 30)
    run(shelf, client)
    seen: list[int] = []
    fill(api, 35, 35)
    with shelf.writing() as writer:
        sync(writer, client, DOMAINS, lambda: NOW, lambda domain, page: seen.append(counted(shelf)))
    assert set(seen) == {60}
    assert counted(shelf) == 70
    with shelf.reading() as db:
        assert search.search(db, search.vocabulary_of(db), "statistik indonesia 34").count == 1
