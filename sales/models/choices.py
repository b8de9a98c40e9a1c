"""The closed sets of values of sales; what an administrator may extend is a row instead."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class LeadStatus(models.TextChoices):
    """How far a lead has come; converted and disqualified ones are closed."""

    NEW = "new", pgettext_lazy("lead status", "New")
    WORKING = "working", pgettext_lazy("lead status", "Working")
    QUALIFIED = "qualified", pgettext_lazy("lead status", "Qualified")
    CONVERTED = "converted", pgettext_lazy("lead status", "Converted")
    DISQUALIFIED = "disqualified", pgettext_lazy("lead status", "Disqualified")


class DisqualifyReason(models.TextChoices):
    """Why a lead leads nowhere, or goes back to the pool (退回原因)."""

    NO_NEED = "no_need", _("No need")
    UNREACHABLE = "unreachable", _("Cannot be reached")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    NO_BUDGET = "no_budget", _("No budget")
    COMPETITOR = "competitor", _("Chose a competitor")
    NOT_TARGET = "not_target", _("Not a target customer")
    DUPLICATE = "duplicate", pgettext_lazy("reason", "Duplicate")
    WRONG_REGION = "wrong_region", _("Wrong region")
    OTHER = "other", pgettext_lazy("reason", "Other")


class TouchKind(models.TextChoices):
    """What a lead did by itself; each brings its points to the engagement score."""

    FORM = "form", _("Filled in a form")
    PRICING = "pricing", _("Looked at prices")
    MEETING = "meeting", _("Met us")
    CLICK = "click", _("Clicked in an e-mail")
    REPLY = "reply", _("Answered")


class ForecastCategory(models.TextChoices):
    """How firmly an open deal is counted on."""

    PIPELINE = "pipeline", pgettext_lazy("forecast", "Pipeline")
    BEST_CASE = "best_case", pgettext_lazy("forecast", "Best case")
    COMMIT = "commit", pgettext_lazy("forecast", "Commit")
    OMITTED = "omitted", pgettext_lazy("forecast", "Omitted")
    CLOSED = "closed", pgettext_lazy("forecast", "Closed")


class OpportunityStatus(models.TextChoices):
    """Whether a deal is still to be made; invalid ones were none and count in no rate."""

    OPEN = "open", pgettext_lazy("opportunity", "Open")
    WON = "won", pgettext_lazy("opportunity", "Won")
    LOST = "lost", pgettext_lazy("opportunity", "Lost")
    INVALID = "invalid", pgettext_lazy("opportunity", "Invalid")


class CloseReason(models.TextChoices):
    """Why a deal was lost, or what won it (赢单/输单原因)."""

    PRICE = "price", _("Price")
    FEATURES = "features", _("Features")
    COMPETITOR = "competitor", pgettext_lazy("reason", "Competitor")
    NO_BUDGET = "no_budget", _("No budget")
    NO_DECISION = "no_decision", _("No decision")
    TIMING = "timing", pgettext_lazy("reason", "Timing")
    RELATIONSHIP = "relationship", pgettext_lazy("reason", "Relationship")
    SERVICE = "service", pgettext_lazy("reason", "Service")
    OTHER = "other", pgettext_lazy("reason", "Other")


class PoolKind(models.TextChoices):
    """What lies in a pool."""

    LEAD = "lead", _("Leads")
    CUSTOMER = "customer", _("Customers")


class PoolReason(models.TextChoices):
    """Why a record is in a pool: somebody gave it back, a rule took it, its owner left, or nobody was there for it."""

    NO_NEED = "no_need", _("No need")
    UNREACHABLE = "unreachable", _("Cannot be reached")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    NO_BUDGET = "no_budget", _("No budget")
    COMPETITOR = "competitor", _("Chose a competitor")
    NOT_TARGET = "not_target", _("Not a target customer")
    DUPLICATE = "duplicate", pgettext_lazy("reason", "Duplicate")
    WRONG_REGION = "wrong_region", _("Wrong region")
    OTHER = "other", pgettext_lazy("reason", "Other")
    NO_FOLLOW_UP = "no_follow_up", _("No follow-up")
    NO_OPPORTUNITY = "no_opportunity", _("No new opportunity")
    NO_DEAL = "no_deal", _("No deal")
    PROTECTION = "protection", _("Protection ran out without a deal")
    OWNER_LEFT = "owner_left", _("The owner left")
    NOBODY = "nobody", _("Nobody was free to take it")


RETURN_REASONS = PoolReason.choices[:9]  # what people choose from when they give a record back


class PoolGround(models.TextChoices):
    """What a recycling rule counts from."""

    NO_FOLLOW_UP = "no_follow_up", _("No follow-up for")
    NO_OPPORTUNITY = "no_opportunity", _("No new opportunity for")
    NO_DEAL = "no_deal", _("No deal within")
    PROTECTION = "protection", _("Protection ran out without a deal since")


class Strategy(models.TextChoices):
    """How a group shares out what comes in."""

    ROUND_ROBIN = "round_robin", _("In turn")
    WEIGHTED = "weighted", _("By weight")
    LOAD = "load", _("Whoever has least open")
    TERRITORY = "territory", _("By region and industry")
    SKILL = "skill", _("By skill")


class Acceptance(models.TextChoices):
    """Whether who got a lead has taken it up in time."""

    NONE = "none", pgettext_lazy("acceptance", "Not asked for")
    WAITING = "waiting", pgettext_lazy("acceptance", "Waiting")
    ACCEPTED = "accepted", pgettext_lazy("acceptance", "Accepted")
    MISSED = "missed", pgettext_lazy("acceptance", "Missed")
    MOVED = "moved", pgettext_lazy("acceptance", "Moved on by somebody")


class StepKind(models.TextChoices):
    """What a step of a cadence is: a mail that leaves by itself, or something for the salesperson to do."""

    EMAIL = "email", _("Automatic e-mail")
    MANUAL_EMAIL = "manual_email", _("E-mail to write")
    CALL = "call", pgettext_lazy("kind of follow-up", "Call")
    WECHAT = "wechat", pgettext_lazy("kind of follow-up", "WeChat")
    VISIT = "visit", pgettext_lazy("kind of follow-up", "Visit")
    TASK = "task", pgettext_lazy("kind of follow-up", "Task")


class EnrolmentState(models.TextChoices):
    """Whether somebody is taken through a cadence: only active ones go on."""

    ACTIVE = "active", pgettext_lazy("enrolment", "Running")
    PAUSED = "paused", pgettext_lazy("enrolment", "Paused")
    FINISHED = "finished", pgettext_lazy("enrolment", "All steps done")
    STOPPED = "stopped", pgettext_lazy("enrolment", "Stopped")


class StopReason(models.TextChoices):
    """Why a cadence ended before its last step."""

    REPLY = "reply", _("Answered")
    SAME_COMPANY = "same_company", _("A colleague there answered")
    MEETING = "meeting", _("Meeting booked")
    OPTED_OUT = "opted_out", _("Wants no more e-mails")
    BOUNCED = "bounced", _("The address does not exist")
    STAGE = "stage", _("Stage or status changed")
    CLOSED = "closed", _("Won, lost or converted")
    OWNER = "owner", _("Owner changed")
    MANUAL = "manual", _("Stopped by hand")
    NO_ADDRESS = "no_address", _("No e-mail address")
    GONE = "gone", _("The record was deleted")
    FAILED = "failed", _("An e-mail could not be sent")
