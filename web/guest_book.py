"""The guest book, on the visitor's phone and on the kiosk: notice, screens, thank you.

What a visitor enters lives in `desk.drafts` until they send it, and nowhere else: each screen is a form that
is posted and answered with a redirect, and no page of it can be opened once the draft is wiped. While they
fill it in the database is not needed; it may fail, and their entries are still here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from appliance import guest_form, guestbook
from appliance.drafts import Draft, Start
from appliance.errors import Invalid, Message, NotNow, StoreError
from appliance.guestbook import Entry
from appliance.visits import Visit
from appliance.wording import Language
from web import context, questions
from web.audience import here, on_kiosk, page, take_back_invitation, visit_of, way_out
from web.parts import front_desk
from web.protection import limited

_NATIONAL = ("national_link", "both")
_LOCAL = ("local", "both")


# ---------------------------------------------------------------------------------------- the way in


@limited(burst=60, every_s=0.2)
def notice(token: str) -> ResponseReturnValue:
    """Where everybody begins: the notice, the national guest book, or the choice between them."""
    visit = visit_of(token)
    if (closed := _closed(token, visit)) is not None:
        return closed
    mode = front_desk().office.guest_book.mode
    if mode == "both":
        return page("choose", token, back_url=way_out(token))
    return _national(token, way_out(token)) if mode == "national_link" else _notice(token, way_out(token))


@limited(burst=60, every_s=0.2)
def local_notice(token: str) -> ResponseReturnValue:
    """The privacy notice, where the office leaves the choice of the guest book."""
    return _part(token, _LOCAL, _notice)


@limited(burst=60, every_s=0.2)
def national(token: str) -> ResponseReturnValue:
    """The way to the national guest book, where the office uses it."""
    return _part(token, _NATIONAL, _national)


@limited(burst=30, every_s=1.0)
def begin(token: str) -> ResponseReturnValue:
    """The visitor says "I understand": the words that were shown are noted, and an empty draft begins."""
    desk = front_desk()
    visit = visit_of(token)
    if desk.office.guest_book.mode not in _LOCAL:
        abort(404)
    told = _told(request.form.get("shown", ""))
    if guestbook.standing(desk.office, visit) != "open" or told is None:
        return _to(here("notice", token))
    kiosk = request.remote_addr if on_kiosk() else None
    key = desk.drafts.begin(Start(visit.id, token, request.form["shown"], told, kiosk))
    return _to(here("screen", token, key=key, screen=guest_form.screens(desk.office)[0]))


def _part(token: str, modes: tuple[str, ...], show: Callable[[str, str], str]) -> ResponseReturnValue:
    visit = visit_of(token)
    if front_desk().office.guest_book.mode not in modes:
        abort(404)
    closed = _closed(token, visit)
    return closed if closed is not None else show(token, here("notice", token))


def _closed(token: str, visit: Visit) -> str | None:
    """A friendly word where there is nothing to fill in (any more)."""
    standing = guestbook.standing(front_desk().office, visit)
    if standing == "open":
        return None
    if standing == "done":
        take_back_invitation(visit, "guest_book")
    return page("guest_book_closed", token, standing=standing, goodbye=True)


def _notice(token: str, back_url: str) -> str:
    desk = front_desk()
    paragraphs = guestbook.notice(desk.office, desk.wording, context.language())
    return page(
        "notice",
        token,
        back_url=back_url,
        paragraphs=paragraphs,
        shown=guestbook.notice_hash(paragraphs),
        wiped="wiped" in request.args,
    )


def _national(token: str, back_url: str) -> str:
    return page(
        "national", token, back_url=back_url, national_url=front_desk().office.guest_book.national_url
    )


def _told(shown: str) -> Language | None:
    """The language of the notice whose words these are; None for words that are not ours (any more)."""
    desk = front_desk()
    for language in desk.office.languages:
        if guestbook.notice_hash(guestbook.notice(desk.office, desk.wording, language)) == shown:
            return language
    return None


# ---------------------------------------------------------------------------------------- the screens


@limited(burst=60, every_s=0.2)
def screen(token: str, key: str, screen: int) -> ResponseReturnValue:
    """One screen with what has been entered; the first page when its draft is gone."""
    draft = _draft(token, key)
    if draft is None:
        return _to(way_out(token))
    _known(screen)
    wrong = _wrong(screen, draft) if "checked" in request.args else {}
    return _screen(token, key, screen, draft, wrong)


@limited(burst=60, every_s=0.5)
def take_screen(token: str, key: str, screen: int) -> ResponseReturnValue:
    """Keep what a screen gave, and lead on: back, to the next one, or, after the last, store it all."""
    desk = front_desk()
    if _draft(token, key) is None:
        return _to(here("notice", token, wiped=1))
    screens = _known(screen)
    draft = desk.drafts.put(key, questions.taken(desk.office, screen, request.form))
    if draft is None:
        return _to(here("notice", token, wiped=1))
    place = screens.index(screen)
    if chosen := {name: request.form[name] for name in context.CHOICES if name in request.form}:
        return _to(here("screen", token, key=key, screen=screen, **chosen))
    if request.form.get("go") == "back" and place > 0:
        return _to(here("screen", token, key=key, screen=screens[place - 1]))
    if wrong := _wrong(screen, draft):
        return _screen(token, key, screen, draft, wrong), 422
    if place + 1 < len(screens):
        return _to(here("screen", token, key=key, screen=screens[place + 1]))
    return _send(token, key, screen, draft)


@limited(burst=30, every_s=1.0)
def cancel(token: str, key: str) -> ResponseReturnValue:
    """Wipe the draft. The kiosk's time-out calls this too."""
    if _draft(token, key) is not None:
        front_desk().drafts.wipe(key)
    return _to(way_out(token))


@limited(burst=60, every_s=0.2)
def done(token: str) -> ResponseReturnValue:
    """Thank you, and what comes next."""
    desk = front_desk()
    visit = visit_of(token)
    if guestbook.standing(desk.office, visit) != "done":
        return _to(here("notice", token))
    return page("guest_book_done", token, visit=visit, goodbye=True)


def _send(token: str, key: str, screen: int, draft: Draft) -> ResponseReturnValue:
    """Store the whole form. Whatever fails, the entries stay while the visitor stands there."""
    desk = front_desk()
    start = draft.start
    entry = Entry(draft.values, start.notice_hash, start.language, "kiosk" if start.kiosk else "phone")
    try:
        visit = desk.store.write(guestbook.submit, desk.office, start.visit_id, entry)
    except Invalid as error:  # an earlier screen that was passed by
        wrong = min(one.screen for one in guest_form.FIELDS if one.name in error.fields)
        return _to(here("screen", token, key=key, screen=wrong, checked=1))
    except NotNow:  # filled in on another screen, or over: the page says which
        desk.drafts.wipe(key)
        return _to(here("notice", token))
    except StoreError as error:
        return _screen(token, key, screen, draft, {}, trouble=error.code), 503
    desk.drafts.wipe(key)
    take_back_invitation(visit, "guest_book")
    return _to(here("done", token))


def _screen(
    token: str,
    key: str,
    screen: int,
    draft: Draft,
    wrong: Mapping[str, Message],
    trouble: str | None = None,
) -> str:
    office = front_desk().office
    screens = guest_form.screens(office)
    asked = questions.of_screen(office, screen, draft.values, wrong)
    cancel_url = here("cancel", token, key=key)
    address = here("screen", token, key=key, screen=screen)
    context.stands_at(address)
    return page(
        "screen",
        token,
        address=address,
        step=screens.index(screen) + 1,
        total=len(screens),
        heading=questions.HEADINGS[screen],
        questions=asked,
        summary=questions.summary(asked, wrong),
        consent_asked=questions.consent_asked(office, screen),
        values=draft.values,
        consent_error=questions.consent_error(wrong),
        trouble=trouble,
        cancel_url=cancel_url,
        idle_wipe_url=cancel_url,
    )


def _wrong(screen: int, draft: Draft) -> Mapping[str, Message]:
    desk = front_desk()
    try:
        guest_form.check(desk.office, screen, draft.values, desk.clock.now())
    except Invalid as error:
        return error.fields
    return {}


def _draft(token: str, key: str) -> Draft | None:
    """The draft of this key, for the pages of its own visit only."""
    draft = front_desk().drafts.get(key)
    return draft if draft is not None and draft.start.token == token else None


def _known(screen: int) -> tuple[int, ...]:
    screens = guest_form.screens(front_desk().office)
    if screen not in screens:
        abort(404)
    return screens


def _to(url: str) -> Response:
    return redirect(url, 303)
