"""Paper: what was asked for comes out once, and what nobody can know is said to be unknown."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from appliance import printing, visits
from appliance.duties.paper import PaperDuty, problem_of
from appliance.errors import NotNow
from appliance.front_desk import FrontDesk
from appliance.printing import Job
from appliance.store import Transaction
from appliance.visits import Visit
from drivers.base import (
    CoverOpen,
    DeviceState,
    DriverError,
    Lost,
    OutcomeUnknown,
    Paper,
    PaperOut,
    PrinterStatus,
    Text,
    Timeout,
)
from tests.store.conftest import Officer, step
from tests.store.devices import READY, HandPrinter, texts


@pytest.fixture
def printer() -> HandPrinter:
    return HandPrinter()


@pytest.fixture
def work(desk: FrontDesk, printer: HandPrinter) -> Callable[[], None]:
    """Lets the paper duty do one step."""
    duty = PaperDuty(desk, printer)
    return lambda: step(duty, desk.changes)


def paper_of(desk: FrontDesk, visit: Visit) -> Job:
    job = desk.store.read(printing.of_visit, visit.id)
    assert job is not None
    return job


# ------------------------------------------------------------------------------------------ jobs


def test_jobs_are_printed_in_the_order_in_which_they_were_asked_for(
    desk: FrontDesk, issue: Callable[..., Visit], printer: HandPrinter, work: Callable[[], None]
) -> None:
    asked = [issue() for _ in range(3)]
    for _ in asked:
        work()
    assert ["P001" in texts(one) for one in printer.printed] == [True, False, False]
    assert ["P003" in texts(one) for one in printer.printed] == [False, False, True]
    assert [paper_of(desk, visit).state for visit in asked] == ["printed"] * 3
    work()
    assert len(printer.printed) == 3, "and none twice"


def test_a_job_is_copied_once_and_the_copy_says_that_it_is_one(
    desk: FrontDesk,
    rina: Officer,
    issue: Callable[..., Visit],
    printer: HandPrinter,
    work: Callable[[], None],
) -> None:
    visit = issue()
    original = paper_of(desk, visit)
    with pytest.raises(NotNow):
        desk.store.write(printing.ask_copy, original.id, staff=rina.id)  # it still waits itself
    work()
    copy = desk.store.write(printing.ask_copy, original.id, staff=rina.id)
    work()
    assert "SALINAN" not in texts(printer.printed[0])
    assert "SALINAN" in texts(printer.printed[1])
    assert "P001" in texts(printer.printed[1]), "the same number, never a new one"
    for job in (original.id, copy):
        with pytest.raises(NotNow):
            desk.store.write(printing.ask_copy, job, staff=rina.id)
    assert desk.store.read(visits.get, visit.id).number == "P001"


def test_after_a_restart_a_waiting_job_waits_and_one_that_was_printing_is_unknown(
    desk: FrontDesk, issue: Callable[..., Visit]
) -> None:
    begun, waiting = issue(), issue()
    desk.store.write(printing.begin, paper_of(desk, begun).id)
    assert desk.store.write(printing.settle_after_restart) == 1
    assert [paper_of(desk, visit).state for visit in (begun, waiting)] == ["unknown", "queued"]
    assert [job.visit_id for job in desk.store.read(printing.doubtful)] == [begun.id]


def test_an_unknown_paper_is_offered_to_the_desk_until_it_was_seen_or_copied(
    desk: FrontDesk, rina: Officer, issue: Callable[..., Visit]
) -> None:
    def make_doubtful() -> Job:
        job = paper_of(desk, issue())
        desk.store.write(printing.begin, job.id)
        desk.store.write(printing.end, job.id, "unknown", "outcome_unknown")
        return job

    seen, copied = make_doubtful(), make_doubtful()
    assert len(desk.store.read(printing.doubtful)) == 2
    desk.store.write(printing.confirm, seen.id, staff=rina.id)
    desk.store.write(printing.ask_copy, copied.id, staff=rina.id)
    assert desk.store.read(printing.doubtful) == []
    with pytest.raises(NotNow):
        desk.store.write(printing.confirm, seen.id, staff=rina.id)


def test_a_job_is_begun_once(desk: FrontDesk, issue: Callable[..., Visit]) -> None:
    job = paper_of(desk, issue())
    desk.store.write(printing.begin, job.id)
    with pytest.raises(NotNow):
        desk.store.write(printing.begin, job.id)


def test_an_unknown_job_is_refused(desk: FrontDesk, rina: Officer) -> None:
    for act in (printing.ask_copy, printing.confirm):
        with pytest.raises(NotNow):
            desk.store.write(act, 4711, staff=rina.id)


def test_whoever_is_gone_needs_no_paper(
    desk: FrontDesk,
    rina: Officer,
    issue: Callable[..., Visit],
    printer: HandPrinter,
    work: Callable[[], None],
) -> None:
    left, stays = issue(), issue()
    rina.give_up(left, "cancelled")
    assert (paper_of(desk, left).state, paper_of(desk, left).problem) == ("failed", "visit_closed")
    work()
    assert [texts(one).count("P002") for one in printer.printed] == [1]
    assert paper_of(desk, stays).state == "printed"


def test_a_copy_for_somebody_who_is_gone_is_not_printed(
    desk: FrontDesk,
    rina: Officer,
    issue: Callable[..., Visit],
    printer: HandPrinter,
    work: Callable[[], None],
) -> None:
    visit = issue()
    rina.give_up(visit, "cancelled")
    desk.store.write(printing.ask_copy, paper_of(desk, visit).id, staff=rina.id)
    work()
    assert printer.printed == []
    assert (paper_of(desk, visit).state, paper_of(desk, visit).problem) == ("failed", "no_longer_needed")


# ------------------------------------------------------------------------------------------ the printer


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (READY, None),
        (PrinterStatus(answered=True, paper=Paper.LOW), "paper_low"),
        (PrinterStatus(answered=True, paper=Paper.OUT), "paper_out"),
        (PrinterStatus(answered=True, paper=Paper.OUT, cover_open=True), "cover_open"),
        (PrinterStatus(answered=True, paper=Paper.OK, fault=True), "printer_fault"),
        (PrinterStatus(answered=True, paper=Paper.LOW, offline=True), "printer_fault"),
        (PrinterStatus(answered=False), "timeout"),
    ],
)
def test_the_one_thing_to_say_about_a_printer(status: PrinterStatus, problem: str | None) -> None:
    assert problem_of(status) == problem


def test_without_paper_the_job_waits_and_is_printed_when_there_is_some(
    desk: FrontDesk, issue: Callable[..., Visit], printer: HandPrinter, work: Callable[[], None]
) -> None:
    visit = issue()
    printer.state = PrinterStatus(answered=True, paper=Paper.OUT)
    for _ in range(3):
        work()
    assert (printer.printed, paper_of(desk, visit).state) == ([], "queued")
    report = desk.health.of("printer")
    assert report is not None and (report.state, report.problem) == (DeviceState.READY, "paper_out")
    assert report.needs_somebody

    printer.state = READY
    work()
    assert (len(printer.printed), paper_of(desk, visit).state) == (1, "printed")
    report = desk.health.of("printer")
    assert report is not None and report.problem is None


@pytest.mark.parametrize("error", [PaperOut("printer"), CoverOpen("printer")])
def test_paper_that_ends_before_the_first_byte_leaves_the_job_in_the_queue(
    desk: FrontDesk,
    issue: Callable[..., Visit],
    printer: HandPrinter,
    work: Callable[[], None],
    error: DriverError,
) -> None:
    visit = issue()
    printer.errors.append(error)
    work()
    assert (paper_of(desk, visit).state, paper_of(desk, visit).problem) == ("queued", error.code)
    report = desk.health.of("printer")
    assert report is not None and report.problem == error.code
    work()
    assert paper_of(desk, visit).state == "printed"


@pytest.mark.parametrize("error", [Lost("printer"), Timeout("printer")])
def test_a_printer_that_goes_away_before_the_first_byte_is_connected_anew_for_the_same_job(
    desk: FrontDesk,
    issue: Callable[..., Visit],
    printer: HandPrinter,
    work: Callable[[], None],
    error: DriverError,
) -> None:
    visit = issue()
    printer.errors.append(error)
    with pytest.raises(type(error)):
        work()  # the runtime closes and opens the device
    assert paper_of(desk, visit).state == "queued"
    work()
    assert len(printer.printed) == 1


def test_once_a_byte_was_sent_nothing_is_printed_again_by_itself(
    desk: FrontDesk, issue: Callable[..., Visit], printer: HandPrinter, work: Callable[[], None]
) -> None:
    doubtful, following = issue(), issue()
    printer.errors.append(OutcomeUnknown("printer"))
    with pytest.raises(OutcomeUnknown):
        work()
    work()
    work()
    assert [paper_of(desk, visit).state for visit in (doubtful, following)] == ["unknown", "printed"]
    assert [texts(one).count("P002") for one in printer.printed] == [1]


def test_a_printer_that_does_not_say_how_it_is_prints_all_the_same(
    desk: FrontDesk, issue: Callable[..., Visit], printer: HandPrinter, work: Callable[[], None]
) -> None:
    printer.state = PrinterStatus(answered=False)
    issue()
    work()
    assert len(printer.printed) == 1
    report = desk.health.of("printer")
    assert report is not None and report.problem == "timeout"


def test_a_printer_that_stalls_keeps_nobody_from_getting_a_number(
    desk: FrontDesk, issue: Callable[..., Visit], printer: HandPrinter
) -> None:
    printer.hangs = True
    first = issue()
    stalled = threading.Thread(target=PaperDuty(desk, printer).step)
    stalled.start()
    assert printer.begun.wait(5)
    assert paper_of(desk, first).state == "printing"
    assert issue().number == "P002"
    assert desk.store.read(printing.waiting_count) == 2
    printer.go_on.set()
    stalled.join(5)
    assert paper_of(desk, first).state == "printed"


def test_paper_that_cannot_be_laid_out_does_not_hold_up_what_follows(
    desk: FrontDesk, issue: Callable[..., Visit], printer: HandPrinter, work: Callable[[], None]
) -> None:
    """A service that has gone from the profile, for one."""
    poisoned, following = issue(), issue()

    def lose_service(tx: Transaction) -> None:
        tx.db.execute("UPDATE visit SET service = 'gone' WHERE id = ?", (poisoned.id,))

    desk.store.write(lose_service)
    work()
    work()
    job = paper_of(desk, poisoned)
    assert (job.state, job.problem) == ("failed", "no_such_service")
    assert paper_of(desk, following).state == "printed"


def test_a_job_whose_end_was_never_written_down_is_unknown_and_not_printed_again(
    desk: FrontDesk, issue: Callable[..., Visit], printer: HandPrinter, work: Callable[[], None]
) -> None:
    """The disk was full when it ended; only this thread prints, so it cannot be printing still."""
    visit = issue()
    desk.store.write(printing.begin, paper_of(desk, visit).id)
    work()
    assert (printer.printed, paper_of(desk, visit).state) == ([], "unknown")


def test_a_test_print_and_the_first_code_need_no_visit(
    desk: FrontDesk, printer: HandPrinter, work: Callable[[], None]
) -> None:
    def ask(tx: Transaction, kind: str) -> int:
        return printing.ask(tx, kind)

    for kind in ("test", "first_start"):
        desk.store.write(ask, kind)
        work()
    assert len(printer.printed) == 2
    assert desk.store.read(printing.any_of_kind, "test")
    assert all(isinstance(block, Text) for block in printer.printed[0][:1])
