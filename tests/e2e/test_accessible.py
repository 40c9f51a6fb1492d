"""Every page, looked at by a machine: axe-core, and the rules of our own that can be measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from appliance import office as profiles
from appliance import tickets
from appliance.config import Config
from appliance.drafts import Start
from appliance.visits import Request
from tests.e2e.conftest import BOARD, DESK, KIOSK, PHONE, FrontDeskAtWork, at_work
from tests.e2e.morning import Morning
from tests.e2e.routes import NO_PAGES, PAGES, Audience
from tests.e2e.test_library import copied
from tests.store.reports.past import imagine, store
from web import create_app

SIZES: Final = {"kiosk": KIOSK, "phone": PHONE, "staff": DESK, "board": BOARD, "entrance": DESK}
# Both languages and, at the kiosk, the larger text with the language whose words are longer.
CHOICES: Final = ("lang=id&size=large", "lang=en&size=normal")
KIOSK_TARGET_PX: Final = 90
KIOSK_TEXT_PX: Final = 24

RULES = """() => {
  const found = [];
  const html = document.documentElement;
  const headings = document.querySelectorAll("h1").length;
  if (headings !== 1) found.push(`${headings} h1`);
  if (!["id", "en"].includes(html.lang)) found.push(`lang "${html.lang}"`);
  if (!document.title.trim() || document.title.startsWith(" ·")) found.push(`title "${document.title}"`);
  if (html.scrollWidth > innerWidth) found.push(`${html.scrollWidth} px wide in ${innerWidth}`);
  return found;
}"""

KIOSK_RULES = """([target, size]) => {
  const found = [];
  const touched = "a[href], button, input:not([type=hidden]), textarea, select, summary";
  const apart = ".skip, .visually-hidden, [aria-hidden=true]";
  const isSeen = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(apart);
  for (const one of document.querySelectorAll(touched)) {
    const { height } = (one.closest("label") ?? one).getBoundingClientRect();
    if (isSeen(one) && height < target) found.push(`${height} px high: ${one.outerHTML.slice(0, 120)}`);
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: parent, data } = texts.currentNode;
    const px = parseFloat(getComputedStyle(parent).fontSize);
    if (data.trim() && px < size && isSeen(parent)) found.push(`${px} px: ${data.trim().slice(0, 60)}`);
  }
  return found;
}"""


@dataclass(frozen=True)
class Walk:
    """A front desk to walk through: its addresses are complete with these values."""

    work: FrontDeskAtWork
    values: dict[str, str]
    cookie: str | None = None


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """A front desk with a full house."""
    with at_work("1373", tmp_path_factory.mktemp("morning"), change=_with_many_streams) as work:
        played = Morning(work)
        played.play()
        drafts, tokens = work.desk.drafts, played.tokens
        begun = {
            key: drafts.begin(Start(played.visits[state].id, tokens[state], "hash", "id", kiosk))
            for key, state, kiosk in (
                ("phone_draft", "waiting", None),
                ("kiosk_draft", "called", "127.0.0.1"),
            )
        }
        start = Start(played.visits["consulting"].id, tokens["consulting"], "", "id")
        begun["survey_draft"] = work.desk.survey_drafts.begin(start)
        work.desk.store.write(store, imagine(1, date(2026, 7, 1), 60, 4))  # for the reports
        yield Walk(work, tokens | begun | {"publication": copied(work)}, played.sit_down())


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """A front desk that nobody has set up, at an office that leaves the choice of the guest book."""
    folder = tmp_path_factory.mktemp("first-day")
    shipped = (Path(profiles.__file__).parent / "offices" / "1373.toml").read_text(encoding="utf-8")
    profile = folder / "both.toml"
    profile.write_text(shipped.replace('mode = "local"', 'mode = "both"'), encoding="utf-8")
    with at_work(str(profile), folder, change=_with_many_streams, staffed=False) as work:
        visit = work.desk.store.write(tickets.issue, work.desk.office, Request("one", "library", "kiosk"))
        yield Walk(work, {"waiting": visit.token or ""})


def _with_many_streams(config: Config) -> Config:
    """A browser that hurries from page to page leaves its streams behind for a moment."""
    panel = config.panel.model_copy(update={"threads": 64, "live_streams": 50})
    return config.model_copy(update={"panel": panel})


@pytest.fixture(scope="module")
def complaints() -> list[str]:
    """What the browser had to complain of since the list was last cleared."""
    return []


@pytest.fixture(scope="module")
def windows(browser: Browser, complaints: list[str]) -> Iterator[Callable[[Audience, str | None], Page]]:
    """One browser window for each audience, kept for all its pages."""
    opened: dict[Audience, Page] = {}

    def window(audience: Audience, cookie: str | None) -> Page:
        if audience not in opened:
            context = browser.new_context(reduced_motion="reduce")
            if cookie:
                context.add_cookies([{"name": "desk", "value": cookie, "domain": "127.0.0.1", "path": "/"}])
            opened[audience] = page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda message: complaints.extend(_complaint(message)))
        return opened[audience]

    yield window
    for page in opened.values():
        page.context.close()


LOOKS = [
    pytest.param(audience, address, choice, id=f"{audience} {address} {choice}")
    for audience, pages in PAGES.items()
    for address, choice in product((one for each in pages.values() for one in each), CHOICES)
    if audience != "board" or choice == CHOICES[0]  # the board speaks both languages at once
]


@pytest.mark.parametrize(("audience", "address", "choice"), LOOKS)
def test_no_page_has_a_fault_that_can_be_measured(
    audience: Audience,
    address: str,
    choice: str,
    request: pytest.FixtureRequest,
    windows: Callable[[Audience, str | None], Page],
    complaints: list[str],
    assert_accessible: Callable[[Page], None],
) -> None:
    walk: Walk = request.getfixturevalue("first_day" if audience == "empty" else "morning")
    page = windows(audience, walk.cookie if audience == "staff" else None)
    page.set_viewport_size(_size(audience, address))  # type: ignore[arg-type]
    path = address.format(**walk.values)
    complaints.clear()
    answer = page.goto(f"{walk.work.url}{path}{'&' if '?' in path else '?'}{choice}")
    assert answer is not None
    expected = 404 if _is_missing(path) else 200
    assert (answer.status, page.url.split("?")[0]) == (expected, f"{walk.work.url}{path.split('?')[0]}")
    found = page.evaluate(RULES)
    if path.startswith("/kiosk/"):
        found += page.evaluate(KIOSK_RULES, [KIOSK_TARGET_PX, KIOSK_TEXT_PX])
    assert not found, found
    assert_accessible(page)
    assert not complaints, complaints


def _size(audience: Audience, address: str) -> dict[str, int]:
    if audience != "empty":
        return SIZES[audience]
    return next((size for start, size in _BY_START.items() if address.startswith(start)), DESK)


_BY_START: Final = {"/kiosk/": KIOSK, "/v/": PHONE, "/board": BOARD}


def _complaint(message: ConsoleMessage) -> list[str]:
    """An error that the browser speaks of; that a failure's own page came with 404 is none."""
    is_expected = _is_missing(message.location.get("url", "")) and "status of 404" in message.text
    return [message.text] if message.type == "error" and not is_expected else []


def _is_missing(path: str) -> bool:
    return "/nothing-here" in path or "/nobody" in path


def test_each_address_of_the_front_desk_is_walked_or_says_why_not(morning: Walk) -> None:
    app = create_app(morning.work.desk, morning.work.house)
    known = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    walked = {endpoint for pages in PAGES.values() for endpoint in pages} - {"failure"}
    assert known == walked | set(NO_PAGES)
    assert not walked & set(NO_PAGES)


def test_a_guests_page_which_only_a_search_opens_is_accessible_too(
    morning: Walk,
    windows: Callable[[Audience, str | None], Page],
    assert_accessible: Callable[[Page], None],
) -> None:
    page = windows("staff", morning.cookie)
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    page.goto(f"{morning.work.url}/admin/guests?lang=id&size=normal")
    page.get_by_label("Nama atau alamat e-mail").fill("Siti")
    page.keyboard.press("Enter")
    page.get_by_text("siti.rahmawati@contoh.id").wait_for()
    assert_accessible(page)
    page.get_by_role("button", name="Lihat").click()
    page.get_by_role("heading", level=1, name="Siti Rahmawati").wait_for()
    assert_accessible(page)
