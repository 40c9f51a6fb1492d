"""The survey of nine elements: one question a screen, an answer leads on, and nothing is kept of half a form.

The answers lie in `desk.survey_drafts` until the ninth. Each screen can be left; the kiosk's time-out wipes
the draft as it does with a guest book, and no page can be opened once it is gone.
"""

from __future__ import annotations

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from appliance import surveys
from appliance.drafts import Draft, Start
from appliance.errors import NotNow, StoreError
from appliance.visits import Visit
from web import context
from web.audience import here, on_kiosk, page, visit_of
from web.parts import front_desk
from web.protection import limited

_TOTAL = len(surveys.ELEMENTS)


@limited(burst=30, every_s=1.0)
def begin(token: str) -> ResponseReturnValue:
    """The visitor wants to answer."""
    visit = _visit(token)
    if not surveys.offered(front_desk().office, visit):
        return redirect(here("thanks", token), 303)
    kiosk = request.remote_addr if on_kiosk() else None
    start = Start(visit.id, token, "", context.language(), kiosk)  # no notice: nothing personal is asked
    key = front_desk().survey_drafts.begin(start)
    return redirect(here("question", token, key=key, number=1), 303)


@limited(burst=120, every_s=0.2)
def question(token: str, key: str, number: int) -> ResponseReturnValue:
    """One question with its four answers; the end of the visit when the draft is gone."""
    draft = _draft(token, key, number)
    if draft is None:
        return redirect(here("thanks", token), 303)
    return _question(token, key, number, draft)


@limited(burst=120, every_s=0.2)
def answer(token: str, key: str, number: int) -> ResponseReturnValue:
    """Keep the answer and lead on; after the last one store them all."""
    if _draft(token, key, number) is None:
        return redirect(here("thanks", token), 303)
    element, score = surveys.ELEMENTS[number - 1], request.form.get("score", 0, type=int)
    if score not in surveys.SCORES:
        return redirect(here("question", token, key=key, number=number), 303)
    draft = front_desk().survey_drafts.put(key, {element: str(score)})
    if draft is None:
        return redirect(here("thanks", token), 303)
    if number < _TOTAL:
        return redirect(here("question", token, key=key, number=number + 1), 303)
    return _send(token, key, draft)


@limited(burst=30, every_s=1.0)
def leave(token: str, key: str) -> ResponseReturnValue:
    """Wipe the draft. The kiosk's time-out calls this too."""
    draft = front_desk().survey_drafts.get(key)
    if draft is not None and draft.start.token == token:
        front_desk().survey_drafts.wipe(key)
    return redirect(here("thanks", token), 303)


def _send(token: str, key: str, draft: Draft) -> ResponseReturnValue:
    """Store the form. A question that was passed by is asked first; if the store fails, the answers stay."""
    desk = front_desk()
    missing = [place for place, name in enumerate(surveys.ELEMENTS, 1) if name not in draft.values]
    if missing:
        return redirect(here("question", token, key=key, number=missing[0]), 303)
    answers = {name: int(draft.values[name]) for name in surveys.ELEMENTS}
    try:
        desk.store.write(surveys.give, draft.start.visit_id, answers)
    except NotNow:  # given on another screen, or the day is over: the last page says thank you
        pass
    except StoreError as error:
        return _question(token, key, _TOTAL, draft, trouble=error.code), 503
    desk.survey_drafts.wipe(key)
    return redirect(here("thanks", token), 303)


def _question(token: str, key: str, number: int, draft: Draft, trouble: str | None = None) -> str:
    element = surveys.ELEMENTS[number - 1]
    address = here("question", token, key=key, number=number)
    context.stands_at(address)
    leave_url = here("leave", token, key=key)
    return page(
        "survey",
        token,
        address=address,
        number=number,
        total=_TOTAL,
        element=element,
        scores=surveys.SCORES,
        chosen=draft.values.get(element, ""),
        trouble=trouble,
        leave_url=leave_url,
        idle_wipe_url=leave_url,
        keyboard=False,
        back_url=here("question", token, key=key, number=number - 1) if number > 1 else None,
    )


def _draft(token: str, key: str, number: int) -> Draft | None:
    """The draft of this address, if it is there and belongs to this visit. 404 for no such question."""
    _visit(token)
    if not 1 <= number <= _TOTAL:
        abort(404)
    draft = front_desk().survey_drafts.get(key)
    return draft if draft is not None and draft.start.token == token else None


def _visit(token: str) -> Visit:
    """The visit; 404 at an office that asks no survey."""
    visit = visit_of(token)
    if not front_desk().office.steps.skm:
        abort(404)
    return visit
