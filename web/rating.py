"""The rating: four faces, then, for a low one, what should be better. Nothing ties it to the visit.

The rating's own key goes along in the query of the address, never in its path: paths are what a log of
failures names, together with the visit's token.
"""

from __future__ import annotations

from contextlib import suppress

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from appliance import ratings, surveys
from appliance.answers import ANSWERS
from appliance.errors import NotNow
from appliance.visits import Visit
from web.audience import QR_S, here, on_kiosk, page, take_back_invitation, visit_of, way_out
from web.parts import front_desk
from web.protection import limited


@limited(burst=60, every_s=0.2)
def rate(token: str) -> ResponseReturnValue:
    """The four faces; where there is nothing to rate yet, a word; afterwards, the thanks."""
    visit = _visit(token)
    if visit.rating != "open":
        return redirect(here("thanks", token), 303)
    if not ratings.offered(front_desk().office, visit):
        return page("rating_not_yet", token, goodbye=True)
    return page("rating", token, scores=ratings.SCORES, back_url=way_out(token))


@limited(burst=30, every_s=1.0)
def give(token: str) -> ResponseReturnValue:
    """Store the score at once, so that it counts although the visitor walks away from the next question."""
    visit = _visit(token)
    score = request.form.get("score", 0, type=int)
    try:
        key = front_desk().store.write(ratings.give, visit.id, score)
    except NotNow:
        return redirect(here("rate", token), 303)
    take_back_invitation(visit, "rating")
    if score <= ratings.LOW:
        return redirect(here("why", token, rating=key), 303)
    return redirect(here("thanks", token), 303)


@limited(burst=60, every_s=0.2)
def why(token: str) -> ResponseReturnValue:
    """What should be better, in one tap; or not."""
    _visit(token)
    return page(
        "rating_why", token, elements=ANSWERS["skm_elements"], rating_key=request.args.get("rating", "")
    )


@limited(burst=30, every_s=1.0)
def explain(token: str) -> ResponseReturnValue:
    """Add the element to the score; twice is once."""
    _visit(token)
    element = request.form.get("element", 0, type=int)
    with suppress(NotNow):
        front_desk().store.write(ratings.name_element, request.form.get("rating", ""), element)
    return redirect(here("thanks", token), 303)


@limited(burst=30, every_s=1.0)
def skip(token: str) -> ResponseReturnValue:
    """The visitor does not want to rate."""
    visit = _visit(token)
    front_desk().store.write(ratings.skip, visit.id)
    take_back_invitation(visit, "rating")
    return redirect(here("thanks", token), 303)


@limited(burst=60, every_s=0.2)
def thanks(token: str) -> ResponseReturnValue:
    """Thank you, the surveys, and what not to forget before leaving."""
    visit = visit_of(token)
    steps = front_desk().office.steps
    if not (steps.rating or steps.skm):
        abort(404)
    if steps.rating and visit.rating == "open":
        return redirect(here("rate", token), 303)
    office = front_desk().office
    survey_offered = surveys.offered(office, visit)
    longer = {"idle_seconds": QR_S} if (office.skd_url or survey_offered) and on_kiosk() else {}
    return page(
        "rating_thanks",
        token,
        visit=visit,
        skd_url=office.skd_url,
        survey_offered=survey_offered,
        goodbye=True,
        **longer,
    )


def _visit(token: str) -> Visit:
    """The visit; 404 at an office that asks no rating."""
    visit = visit_of(token)
    if not front_desk().office.steps.rating:
        abort(404)
    return visit
