"""The closed sets of values that customers and contacts use; everything an administrator may extend is a row instead."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """Whether the customer is an organisation or a private person."""

    COMPANY = "company", _("Company")
    PERSON = "person", pgettext_lazy("customer", "Person")


class Tier(models.TextChoices):
    """What a deal customer is worth (客户级别); prospects have an intent instead."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"


class Intent(models.TextChoices):
    """How soon a prospect may sign (意向等级): A within 30 days, B within 90, C later, D unclear."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"


class Stage(models.TextChoices):
    """Where a customer stands in its life cycle."""

    LEAD = "lead", pgettext_lazy("life cycle", "Lead")
    MQL = "mql", _("Marketing-qualified")
    SQL = "sql", _("Sales-qualified")
    OPPORTUNITY = "opportunity", _("In opportunity")
    CUSTOMER = "customer", pgettext_lazy("life cycle", "Customer")
    REPEAT = "repeat", _("Repeat")
    LOYAL = "loyal", _("Loyal")
    AT_RISK = "at_risk", pgettext_lazy("life cycle", "At risk")
    CHURNED = "churned", _("Churned")


class Source(models.TextChoices):
    """Where a customer first came from (来源)."""

    WEB_FORM = "web_form", _("Web form")
    LANDING_PAGE = "landing_page", _("Landing page")
    INBOUND_CALL = "inbound_call", _("Inbound call")
    CHAT = "chat", _("Online chat")
    WECHAT = "wechat", _("WeChat")
    EXHIBITION = "exhibition", _("Exhibition")
    REFERRAL = "referral", _("Referral")
    EMAIL = "email", _("E-mail")
    AD = "ad", _("Advertising platform")
    PARTNER = "partner", _("Partner")
    PROSPECTING = "prospecting", _("Own prospecting")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    OTHER = "other", _("Other")


class ContactRole(models.TextChoices):
    """A contact's part in buying decisions."""

    DECISION_MAKER = "decision_maker", _("Decision maker")
    INFLUENCER = "influencer", _("Influencer")
    USER = "user", pgettext_lazy("contact role", "User")
    PURCHASER = "purchaser", _("Purchaser")
