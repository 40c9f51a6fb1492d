"""What leaves the office: merged cells, figures that tell no more than the tables, one kind of period."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from appliance.front_desk import FrontDesk
from appliance.office import load_office
from appliance.reports import figures, sheets
from appliance.reports.figures import Report
from appliance.reports.partition import Cell, Partition
from appliance.reports.periods import parse
from appliance.reports.published import obstacle, show, show_one
from appliance.reports.sheets import Sheet
from tests.store.reports.past import CODED, History, Past, imagine, store

AFTER = date(2027, 1, 5)
DAY = date(2026, 11, 24)
Q4 = "2026-Q4"


def report_of(desk: FrontDesk, history: History, period: str = Q4, today: date = AFTER) -> Report:
    desk.store.write(store, history)
    return desk.store.read(figures.count, desk.office, parse(period), today)


def tables(desk: FrontDesk, report: Report, form: str = "publication") -> dict[str, Sheet]:
    built = sheets.build(report, desk.office, desk.wording, form)  # type: ignore[arg-type]
    return {sheet.key: sheet for sheet in built}


def values(sheet: Sheet) -> dict[str, object]:
    """The first column."""
    return {row.key: row.values[0] for row in sheet.rows}


def many(number: int, **facts: object) -> list[Past]:
    return [Past(DAY, **facts) for _ in range(number)]  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------ which periods


@pytest.mark.parametrize("period", ["2026-11-24", "2026-11", "2026", "2026-11-01..2026-12-31"])
def test_only_the_offices_own_kind_of_period_is_published(desk: FrontDesk, period: str) -> None:
    """Two months taken from a quarter would leave the third one's cells."""
    report = report_of(desk, History(many(30)), period)
    assert obstacle(desk.office, report) == "kind"


def test_a_quarter_that_is_over_is_published(desk: FrontDesk) -> None:
    assert obstacle(desk.office, report_of(desk, History(many(30)))) is None


def test_a_period_that_still_runs_is_not(desk: FrontDesk) -> None:
    """Today's file taken from tomorrow's would leave a day."""
    assert obstacle(desk.office, report_of(desk, History(many(30)), today=date(2026, 12, 31))) == "running"


@pytest.mark.parametrize(("visits", "expected"), [(0, None), (1, "few"), (2, "few"), (3, None)])
def test_of_one_or_two_visits_there_is_nothing_to_publish(
    desk: FrontDesk, visits: int, expected: str | None
) -> None:
    assert obstacle(desk.office, report_of(desk, History(many(visits)))) == expected


def test_an_office_may_publish_months_instead(build: Callable[[str], FrontDesk], tmp_path: Path) -> None:
    shipped = (Path(figures.__file__).parents[1] / "offices" / "1373.toml").read_text(encoding="utf-8")
    profile = tmp_path / "monthly.toml"
    profile.write_text(shipped.replace('publish = "quarter"', 'publish = "month"'), encoding="utf-8")
    desk = build(str(profile))
    desk.store.write(store, History(many(30)))
    kinds = {
        period: obstacle(desk.office, desk.store.read(figures.count, desk.office, parse(period), AFTER))
        for period in ("2026-11", Q4)
    }
    assert kinds == {"2026-11": None, Q4: "kind"}


def test_both_offices_publish_quarters() -> None:
    assert {load_office(name).reports.publish for name in ("1373", "1377")} == {"quarter"}


# ------------------------------------------------------------------------------------ merged cells


def test_a_small_cell_is_merged_with_others_and_named_among_them(desk: FrontDesk) -> None:
    them = [*many(20, service="library"), *many(9, service="consultation"), *many(1, service="other")]
    sheet = tables(desk, report_of(desk, History(them)))["services"]
    assert values(sheet) == {"library": 20, "merged": 10, "total": 30}
    (merged,) = (row for row in sheet.rows if row.kind == "merged")
    assert merged.title["id"] == "Digabung: Konsultasi Statistik; Layanan lain"
    assert merged.title["en"] == "Merged: Statistical consultation; Other services"


def test_the_office_itself_sees_every_cell(desk: FrontDesk) -> None:
    them = [*many(20, service="library"), *many(9, service="consultation"), *many(1, service="other")]
    sheet = tables(desk, report_of(desk, History(them)), "internal")["services"]
    assert values(sheet) == {"library": 20, "consultation": 9, "other": 1, "total": 30}


def test_a_table_of_one_or_two_is_not_there_at_all(desk: FrontDesk) -> None:
    report = report_of(desk, History(many(30, sla_s=10), ratings=[(DAY, 1, 3), (DAY, 4, None)]))
    found = tables(desk, report)
    assert values(found["scores"]) == {"total": None}
    assert values(found["elements"]) == {"total": None}
    summary = values(found["summary"])
    assert (summary["ratings"], summary["response"], summary["quick_index"]) == (None, None, None)


@pytest.mark.parametrize("seed", range(6))
def test_no_cell_of_one_or_two_is_in_any_table(desk: FrontDesk, seed: int) -> None:
    report = report_of(desk, imagine(seed, date(2026, 10, 1), 40, 2))
    found = tables(desk, report)
    assert not {"days", "months"} & found.keys(), "months within the quarter would be other tables of it"
    small = [
        (sheet.key, row.key)
        for sheet in found.values()
        if sheet.measures[0] == "count"
        for row in sheet.rows
        if row.values[0] in (1, 2)
    ]
    assert small == []


@pytest.mark.parametrize("seed", range(6))
def test_every_table_adds_up_to_its_total(desk: FrontDesk, seed: int) -> None:
    report = report_of(desk, imagine(seed, date(2026, 10, 1), 40, 3))
    for form in ("internal", "publication"):
        for sheet in tables(desk, report, form).values():
            found = values(sheet)
            if sheet.measures[0] == "count" and found.get("total") is not None:
                total = found.pop("total")
                assert sum(int(str(one)) for one in found.values()) == total, sheet.key


# ------------------------------------------------------------------------------------ key figures


def test_a_share_is_told_only_where_its_parts_are(desk: FrontDesk) -> None:
    open_cells = [*many(20, sla_s=10), *many(5, sla_s=400)]
    found = values(tables(desk, report_of(desk, History(open_cells)))["summary"])
    assert str(found["met_share"]) == "80.0"
    assert found["clock_count"] == 25


def test_a_share_is_not_told_where_one_of_its_parts_is_merged(desk: FrontDesk) -> None:
    """Of 20 served in time and one too late: 95.2 % would say the one."""
    them = [*many(20, sla_s=10), *many(1, sla_s=400), *many(4, state="no_show", served=False)]
    report = report_of(desk, History(them))
    found = tables(desk, report)
    assert values(found["outcomes"]) == {"met": 20, "merged": 5, "total": 25}
    summary = values(found["summary"])
    assert (summary["met_share"], summary["clock_count"], summary["served"]) == (None, None, None)
    inside = values(tables(desk, report, "internal")["summary"])
    assert (str(inside["met_share"]), inside["clock_count"], inside["served"]) == ("95.2", 21, 21)


def test_the_quick_index_is_told_only_with_all_four_faces(desk: FrontDesk) -> None:
    faces = [(DAY, 4, None)] * 10 + [(DAY, 3, None)] * 5 + [(DAY, 2, None)] * 4
    report = report_of(desk, History(many(30, sla_s=1), ratings=[*faces, (DAY, 1, None)]))
    assert values(tables(desk, report)["summary"])["quick_index"] is None
    assert str(values(tables(desk, report, "internal")["summary"])["quick_index"]) == "80.00"


@pytest.mark.parametrize(
    ("measured", "median", "p90"),
    [(2, None, None), (3, "1.00", None), (9, "1.00", None), (10, "1.00", "1.00")],
)
def test_durations_are_told_of_enough_visits(
    desk: FrontDesk, measured: int, median: str | None, p90: str | None
) -> None:
    them = [*many(measured, duration_s=60), *many(20)]
    found = values(tables(desk, report_of(desk, History(them)))["summary"])
    assert [one and str(one) for one in (found["stay_median"], found["stay_p90"])] == [median, p90]


def test_pages_are_told_only_where_those_who_scanned_are(desk: FrontDesk) -> None:
    one = report_of(desk, History([*many(30), *many(1, scanned=40)]))
    assert values(tables(desk, one)["summary"])["pages_scanned"] is None
    assert values(tables(desk, one, "internal")["summary"])["pages_scanned"] == 40


@pytest.mark.parametrize(("scans", "seen"), [(0, 0), (1, None), (2, None), (3, 12)])
def test_pages_scanned_without_a_number_are_told_of_three_scans_and_more(
    desk: FrontDesk, scans: int, seen: int | None
) -> None:
    report = report_of(desk, History(many(30), scans=[(DAY, 4)] * scans))
    assert values(tables(desk, report)["summary"])["unnumbered_pages"] == seen
    assert values(tables(desk, report, "internal")["summary"])["unnumbered_pages"] == 4 * scans


@pytest.mark.parametrize(("forms", "published"), [(1, False), (2, False), (3, True)])
def test_the_ikm_is_published_of_three_forms_and_more(desk: FrontDesk, forms: int, published: bool) -> None:
    report = report_of(desk, History(many(30), forms=[(DAY, (3,) * 9)] * forms))
    found = tables(desk, report)
    assert values(found["summary"])["forms"] == (forms if published else None)
    assert (values(found["skm"])["ikm"] is not None) == published
    assert (values(found["skm"])["fee"] is not None) == published


def test_everybody_answering_three_is_seventy_five_and_the_report_says_that_this_is_c(
    desk: FrontDesk,
) -> None:
    found = tables(desk, report_of(desk, History(many(30), forms=[(DAY, (3,) * 9)] * 12)))
    ikm = next(row for row in found["summary"].rows if row.key == "ikm")
    assert (str(ikm.values[0]), ikm.said) == ("75.00", {"id": "C, kurang baik", "en": "C, less good"})
    notes = " ".join(note["en"] for note in found["skm"].notes)
    assert "exactly 1/9" in notes
    assert "75.00 = C" in notes
    assert "Fewer respondents than the sample table asks for" in notes


@pytest.mark.parametrize(
    ("count", "total", "seen"),
    [
        (0, 30, 0),
        (1, 30, None),
        (2, 30, None),
        (3, 30, 3),
        (27, 30, 27),
        (28, 30, None),
        (29, 30, None),
        (30, 30, 30),
    ],
)
def test_a_count_that_overlaps_with_others_hides_what_it_leaves_too(
    count: int, total: int, seen: int | None
) -> None:
    assert show_one(count, total, "publication") == seen
    assert show_one(count, total, "internal") == count


def test_a_sum_of_cells_follows_from_what_is_shown() -> None:
    shown = show(Partition("x", (Cell("a", 9), Cell("b", 1), Cell("c", 2), Cell("d", 0))), "publication")
    assert [cell.key for cell in shown.single] == ["a"]
    assert shown.sum_of("a") == 9
    assert shown.sum_of("b", "c", "d") == 3
    assert shown.sum_of("b", "c") is None
    assert shown.sum_of("a", "b", "c", "d") == shown.total == 12


# ------------------------------------------------------------------------------------ steps of an office


def test_what_an_office_does_not_do_is_in_no_report(desk: FrontDesk) -> None:
    found = tables(desk, report_of(desk, History(many(5))), "internal")
    assert "copying" not in found, "Sawahlunto photocopies nothing"
    assert {"deposits", "scanning", "scores", "skm", *CODED} <= found.keys()


def test_every_row_has_a_name_in_both_languages(desk: FrontDesk) -> None:
    report = report_of(desk, imagine(9, date(2026, 10, 1), 40, 3))
    for sheet in tables(desk, report, "internal").values():
        for row in sheet.rows:
            assert row.title["id"]
            assert row.title["en"]
    services = {row.key: row.title["id"] for row in tables(desk, report, "internal")["services"].rows}
    assert services["gone_service"] == "gone_service", "a service that the profile lacks keeps its key"
    assert services["library"] == "Perpustakaan"
