"""The guest book where the office keeps it elsewhere, asks less, or promises something else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.web.visitor.conftest import PREFIXES, OtherOffice, Visitor


@pytest.mark.parametrize("where", PREFIXES)
def test_the_national_guest_book_is_only_pointed_at(
    other_office: Callable[..., OtherOffice], where: str
) -> None:
    visitor = other_office(mode='"national_link"').visitor(where)
    page = visitor.open().text
    assert "beri tahu petugas" in page
    assert "<svg" in page if where == "kiosk" else "https://perpustakaan.bps.go.id" in page
    assert visitor.client.post(f"{visitor.base}/guest-book", data={"shown": ""}).status_code == 404
    assert visitor.open("guest-book/local").status_code == 404


@pytest.mark.parametrize("where", PREFIXES)
def test_an_office_with_both_leaves_the_choice(other_office: Callable[..., OtherOffice], where: str) -> None:
    visitor = other_office(mode='"both"').visitor(where)
    page = visitor.open().text
    assert f"{visitor.base}/guest-book/local" in page
    assert f"{visitor.base}/guest-book/national" in page
    assert "beri tahu petugas" in visitor.open("guest-book/national").text
    visitor.begin("guest-book/local")
    assert 'name="name"' in visitor.see()


def test_a_local_guest_book_shows_no_national_one(visitor: Visitor) -> None:
    assert visitor.open("guest-book/national").status_code == 404


def test_an_office_without_a_guest_book_asks_nothing(other_office: Callable[..., OtherOffice]) -> None:
    visitor = other_office(guest_book="false").visitor()
    assert "tidak perlu diisi" in visitor.open().text


def test_an_office_may_ask_less(other_office: Callable[..., OtherOffice]) -> None:
    visitor = other_office(email_required='false\nfields = ["name", "email"]').visitor()
    visitor.begin()
    page = visitor.see()
    assert "Langkah 1 dari 1" in page
    assert "jika ada" in page
    assert "no_email" not in page
    visitor.send(name="Budi")
    assert "Terima kasih" in visitor.see()


def test_a_promise_that_counts_from_the_visitor_before_says_so(
    other_office: Callable[..., OtherOffice],
) -> None:
    visitor = other_office(starts='"previous_visit_ended"').visitor()
    visitor.fill()
    assert "setelah pengunjung sebelumnya selesai" in visitor.see()
