"""The figures of a report against the same visits counted in plain Python, and what each word means."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from appliance import lockers, ratings, visits
from appliance.answers import ANSWERS
from appliance.clock import ManualClock
from appliance.front_desk import FrontDesk
from appliance.lockers import Wanted
from appliance.reports import figures
from appliance.reports.figures import Report
from appliance.reports.partition import UNKNOWN, Partition
from appliance.reports.periods import Period, parse
from appliance.reports.spread import Spread
from appliance.visits import Request, Visit
from tests.store.conftest import Officer
from tests.store.reports.past import CODED, History, Past, imagine, store

TODAY = date(2026, 11, 23)
DAY = date(2026, 8, 10)


def count(desk: FrontDesk, period: str | Period, today: date = TODAY) -> Report:
    wanted = parse(period) if isinstance(period, str) else period
    return desk.store.read(figures.count, desk.office, wanted, today)


def counted(partition: Partition) -> dict[str, int]:
    """The cells that are not empty."""
    return {cell.key: cell.count for cell in partition.cells if cell.count}


def outcome(one: Past) -> str:
    """The definition, once more and in other words."""
    if one.state in ("no_show", "cancelled"):
        return one.state
    if one.state == "closed_by_system":
        return "system_served" if one.served else "system_unserved"
    if one.sla_s is None:
        return "not_asked" if one.service == "other" else "unmeasured"
    return "met" if one.sla_s <= 5 * 60 else "missed"


def spread_of(seconds: Iterable[int | None]) -> Spread:
    measured = sorted(one for one in seconds if one is not None)
    if len(measured) < 2:
        return Spread(len(measured), *(measured * 3))
    p90 = statistics.quantiles(measured, n=10, method="inclusive")[8]
    return Spread(
        len(measured),
        math.floor(statistics.median(measured) + 0.5),
        math.floor(round(p90, 6) + 0.5),
        measured[-1],
    )


def wait_of(one: Past) -> int | None:
    return one.wait_s if one.ticket and one.is_counted else None


def band_of(seconds: int | None) -> str:
    if seconds is None:
        return "not_measured"
    minutes = seconds / 60
    return next((f"up_to_{most}" for most in (5, 10, 15, 30) if minutes <= most), "longer")


@pytest.mark.parametrize("period", ["2026-07-15", "2026-07", "2026-Q3", "2026", "2026-07-20..2026-08-05"])
@pytest.mark.parametrize("seed", [1, 2])
def test_all_figures_are_those_of_a_plain_count(desk: FrontDesk, period: str, seed: int) -> None:
    whole = imagine(seed, date(2026, 6, 20), 60, 6)
    desk.store.write(store, whole)
    wanted = parse(period)
    history = whole.within(wanted.first, wanted.last)
    report = count(desk, wanted)
    them = history.visits

    assert report.visits == len(them)
    assert counted(report.outcomes) == Counter(map(outcome, them))
    assert counted(report.services) == Counter(one.service for one in them)
    assert counted(report.priority) == Counter("yes" if one.priority else "no" for one in them)
    assert counted(report.arrivals) == Counter(f"{one.hour:02d}" for one in them)
    assert counted(report.waits) == Counter(band_of(wait_of(one)) for one in them)
    assert report.waiting == spread_of(wait_of(one) for one in them)
    assert report.clock == spread_of(one.sla_s for one in them if one.is_counted)
    assert report.stay == spread_of(one.duration_s for one in them)
    assert report.pages_scanned == sum(one.scanned for one in them)
    by_touch = [pages for _, pages in history.scans if pages]
    assert (report.unnumbered_scans, report.unnumbered_pages) == (len(by_touch), sum(by_touch))
    assert report.pages_photocopied == sum(one.copied for one in them)
    assert counted(report.scanning) == Counter("yes" if one.scanned else "no" for one in them)
    assert counted(report.copying) == Counter("yes" if one.copied else "no" for one in them)
    kept = {(True, True): "bag_and_card", (True, False): "bag", (False, True): "card"}
    assert counted(report.deposits) == Counter(kept.get((one.bag, one.card), "none") for one in them)
    assert report.offered == sum(one.served for one in them)
    assert dict(report.days) == Counter(one.day for one in them)
    assert list(dict(report.days)) == sorted(dict(report.days))


@pytest.mark.parametrize("seed", [3, 4])
def test_the_guest_books_answers_are_those_of_a_plain_count(desk: FrontDesk, seed: int) -> None:
    whole = imagine(seed, date(2026, 6, 20), 60, 5)
    desk.store.write(store, whole)
    them = whole.within(date(2026, 7, 1), date(2026, 9, 30)).visits
    report = count(desk, "2026-Q3")
    found = {partition.name: partition for partition in report.answers}
    for name in CODED:
        keys = {answer.code: answer.key for answer in ANSWERS[name]}
        codes = [one.answers.get(name) if one.answers else None for one in them]
        assert counted(found[name]) == Counter(keys.get(code or 0, UNKNOWN) for code in codes)
    bands = [one.band if one.answers is not None else None for one in them]
    assert counted(found["age_band"]) == Counter(band or UNKNOWN for band in bands)
    origins = [one.origin if one.answers is not None else None for one in them]
    assert counted(found["origin"]) == Counter(origin or UNKNOWN for origin in origins)
    used = [key for one in them if one.answers is not None for key in one.sub_services]
    assert {cell.key: cell.count for cell in report.sub_services if cell.count} == Counter(used)
    assert all(partition.total == report.visits for partition in report.answers)


def test_ratings_and_forms_are_counted_by_their_day(desk: FrontDesk) -> None:
    whole = imagine(5, date(2026, 6, 20), 60, 5)
    desk.store.write(store, whole)
    history = whole.within(date(2026, 7, 1), date(2026, 7, 31))
    report = count(desk, "2026-07")
    names = {answer.code: answer.key for answer in ANSWERS["skm_elements"]}
    assert counted(report.scores) == Counter(str(score) for _, score, _ in history.ratings)
    assert counted(report.elements) == Counter(names.get(code or 0, "none") for *_, code in history.ratings)
    assert report.elements.total == report.ratings == len(history.ratings)
    assert report.forms == len(history.forms)
    assert report.form_sums == tuple(map(sum, zip(*(scores for _, scores in history.forms), strict=True)))


def test_a_period_without_visits_is_empty_in_every_table(desk: FrontDesk) -> None:
    report = count(desk, "2026-Q1")
    assert (report.visits, report.ratings, report.forms, report.days) == (0, 0, 0, ())
    assert (report.waiting, report.clock, report.stay) == (Spread(0), Spread(0), Spread(0))
    assert report.arrivals.cells == ()


@pytest.mark.parametrize(
    ("sla_s", "expected"), [(0, "met"), (300, "met"), (301, "missed"), (None, "unmeasured")]
)
def test_five_minutes_to_the_second_are_met_and_what_was_not_measured_is_not(
    desk: FrontDesk, sla_s: int | None, expected: str
) -> None:
    desk.store.write(store, History([Past(DAY, sla_s=sla_s)]))
    assert counted(count(desk, "2026-08").outcomes) == {expected: 1}


@pytest.mark.parametrize("state", ["no_show", "cancelled", "closed_by_system"])
def test_whoever_was_not_seen_off_is_counted_apart_and_never_timed(desk: FrontDesk, state: str) -> None:
    gone = Past(DAY, state=state, wait_s=60, sla_s=10, duration_s=342 * 3600)
    desk.store.write(store, History([gone, replace(gone, state="checked_out", duration_s=900)]))
    report = count(desk, "2026-08")
    assert report.outcomes.sum_of("met") == 1
    assert (report.waiting.count, report.clock.count, report.stay.count) == (1, 1, 1)
    assert report.stay.longest_s == 900


def test_somebody_let_in_without_a_ticket_has_not_waited_in_the_queue(desk: FrontDesk) -> None:
    desk.store.write(store, History([Past(DAY, ticket=False, wait_s=0), Past(DAY, wait_s=420)]))
    report = count(desk, "2026-08")
    assert report.waiting == Spread(1, 420, 420, 420)
    assert counted(report.waits) == {"not_measured": 1, "up_to_10": 1}


def test_a_visit_belongs_to_its_service_day_and_its_hour_is_the_offices(desk: FrontDesk) -> None:
    """00.30 in Sawahlunto is still yesterday in UTC."""
    desk.store.write(store, History([Past(date(2026, 10, 1), hour=0), Past(date(2026, 9, 30), hour=23)]))
    first = count(desk, "2026-Q4")
    assert first.visits == 1
    assert counted(first.arrivals) == {"00": 1}
    assert counted(count(desk, "2026-Q3").arrivals) == {"23": 1}


def test_the_hours_between_the_first_and_the_last_are_all_there(desk: FrontDesk) -> None:
    desk.store.write(store, History([Past(DAY, hour=8), Past(DAY, hour=11)]))
    assert [cell.key for cell in count(desk, "2026-08").arrivals.cells] == ["08", "09", "10", "11"]


def test_a_period_is_over_when_its_last_day_is_past_and_closed(
    desk: FrontDesk, issue: Callable[..., Visit], clock: ManualClock
) -> None:
    issue()  # 23 November, and its day stays open
    assert not count(desk, "2026-11").finished
    assert not count(desk, "2026-11", date(2026, 12, 1)).finished
    assert count(desk, "2026-10").finished
    clock.advance(14 * 86400)
    issue()
    assert count(desk, "2026-11", date(2026, 12, 7)).finished


def test_a_real_day_at_the_desk_is_counted(
    desk: FrontDesk,
    rina: Officer,
    issue: Callable[..., Visit],
    clock: ManualClock,
) -> None:
    """Played by the appliance's own acts: what they write is what a report counts."""
    first, second, third = issue(), issue("consultation", priority=True), issue()
    clock.advance(240)
    rina.call(first)
    rina.register(first)
    clock.advance(300)
    rina.serve(first)
    rina.take_in(first, "1", "ktp")
    desk.store.write(ratings.give, first.id, 4)
    rina.call(second)
    rina.register(second)
    clock.advance(301)
    rina.serve(second)
    rina.call(third)
    rina.give_up(third, "no_show")
    rina.hand_back(rina.see(first).deposit_id)
    rina.finish(first)
    rina.check_out(first)
    rina.check_out(second)
    desk.store.write(
        visits.walk_in, desk.office, Request("in", "library", "desk"), place="frontline", staff=rina.id
    )

    report = count(desk, "2026-11-23")
    assert counted(report.outcomes) == {"met": 1, "missed": 1, "no_show": 1, "open": 1}
    assert counted(report.services) == {"library": 3, "consultation": 1}
    assert counted(report.waits) == {"up_to_5": 1, "up_to_10": 1, "not_measured": 2}
    assert (report.clock.median_s, report.clock.longest_s) == (301, 301)
    assert counted(report.deposits) == {"bag_and_card": 1, "none": 3}
    assert counted(report.scores) == {"4": 1}
    assert report.offered == 2
    assert counted(report.arrivals) == {"09": 4}
    assert not report.finished


def test_what_was_kept_of_a_locker_is_counted_after_the_deposit_is_gone(
    desk: FrontDesk, rina: Officer, served: Callable[[], Visit]
) -> None:
    visit = served()
    desk.store.write(lockers.take_in, visit.id, Wanted("2", None, None), pockets=12, staff=rina.id)
    rina.hand_back(rina.see(visit).deposit_id)

    def forget(tx: object) -> None:
        tx.db.execute("DELETE FROM deposit")  # type: ignore[attr-defined]
        tx.record("guests.erased", before="x", count=0)  # type: ignore[attr-defined]

    desk.store.write(forget)
    assert counted(count(desk, "2026-11-23").deposits) == {"bag": 1}


def test_old_visits_cost_a_report_nothing(desk: FrontDesk) -> None:
    """Counted in steps of SQLite's machine, which is no matter of the machine's speed."""
    recent = [Past(DAY, sla_s=place) for place in range(50)]
    desk.store.write(store, History(recent))

    def steps() -> int:
        number = 0

        def tick() -> int:
            nonlocal number
            number += 1
            return 0

        def look(db: object) -> None:
            db.set_progress_handler(tick, 1)  # type: ignore[attr-defined]
            figures.count(db, desk.office, parse("2026-Q3"), TODAY)  # type: ignore[arg-type]
            db.set_progress_handler(None, 1)  # type: ignore[attr-defined]

        desk.store.read(look)
        return number

    before = steps()
    old = [Past(date(2024, 1, 1) + timedelta(days=place % 400)) for place in range(2000)]
    desk.store.write(store, History(old))
    assert steps() < before * 1.2
