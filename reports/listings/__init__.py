"""The list of targets."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from crm.listing.columns import Badge, Html, Look, Person, Text
from crm.listing.declare import Empty, ListPage, View
from reports.declare import COUNT, MONEY, write
from reports.filters import QuotaFilters
from reports.models import Metric, Quota
from reports.queries.targets import quota_list
from reports.resources import QuotaResource
from reports.words import period_label


def _targets(number: str, exact: int) -> str:
    return ngettext("%(number)s target", "%(number)s targets", exact) % {"number": number}


def _who(quota: Quota, look: Look) -> str:
    return str(quota.user or quota.team)


def _period(quota: Quota, look: Look) -> str:
    return period_label(quota.period)


def _amount(quota: Quota, look: Look) -> str:
    return write(
        MONEY if quota.metric == Metric.WON_VALUE else COUNT, quota.amount, quota.currency, exact=True
    )


QUOTAS = ListPage(
    model=Quota,
    queryset=quota_list,
    title=_("Targets"),
    icon="target-arrow",
    count_words=_targets,
    filters=QuotaFilters,
    search=("user__name", "team__name"),
    columns=[
        Html(
            "who",
            label=_("Whose"),
            render=_who,
            value=lambda one: str(one.user or one.team),
            fixed=True,
            card="title",
        ),
        Person("user", label=_("Person"), shown=False),
        Text("team", label=_("Team"), card="subtitle"),
        Html(
            "first_date",
            label=pgettext_lazy("target", "Period"),
            render=_period,
            value=lambda one: one.period.key,
            sort="first_date",
            card="meta",
        ),
        Badge("kind", label=_("Length"), shown=False),
        Badge("metric", label=_("Counts"), card="badge"),
        Html(
            "amount",
            label=_("Target"),
            render=_amount,
            value=lambda one: one.amount,
            sort="amount",
            align="end",
            card="right",
        ),
    ],
    default_sort="-first_date",
    views=[
        View("this-year", _("This year"), {"first_date": "this_year"}, icon="calendar"),
        View("mine", pgettext_lazy("targets", "Mine"), {"user": "me"}, icon="user"),
    ],
    resource=QuotaResource,
    new="quota_enter",
    new_label=_("Enter targets"),
    new_in_drawer=False,
    empty=Empty(
        title=_("No targets yet"),
        text=_("Enter them for a year at once, or import a sheet."),
        label=_("Enter targets"),
        url_name="quota_enter",
    ),
    links=[
        ("quota_enter", _("Enter targets"), "table", "add"),
        ("report_list", _("Reports"), "chart-histogram"),
    ],
    palette=None,
    in_search=False,
    remote_choices=False,
)
