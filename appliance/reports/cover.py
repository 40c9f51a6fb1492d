"""What a report says of itself: whose it is, of when, and for whom."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.office import Office
from appliance.reports import labels
from appliance.reports.figures import Report
from appliance.reports.labels import Words
from appliance.reports.published import Form
from appliance.wording import Wording


@dataclass(frozen=True, slots=True)
class Cover:
    """What a file says of itself."""

    office_id: str
    office: Words
    title: Words
    period_name: str
    period: Words
    form: Form
    form_words: Words


def cover(report: Report, office: Office, wording: Wording, form: Form) -> Cover:
    """Whose report it is, of when, and for whom."""
    return Cover(
        office_id=office.id,
        office=labels.both(wording, "report.of_office", office_name=office.name),
        title=labels.both(wording, "report.heading"),
        period_name=report.period.name,
        period=labels.period(wording, report.period.name),
        form=form,
        form_words=labels.both(wording, f"report.{form}"),
    )
