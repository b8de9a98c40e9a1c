"""What a new customer's form can fill in by itself, and from where, so that three fields are enough."""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _

from crm.core import divisions
from crm.core.company import looks_like_person, parse_company
from crm.core.email import EmailError, company_domain, normalise_email
from crm.core.phone import read_phone
from crm.core.uscc import UsccError, normalise_uscc, region_code

COMPANY, PERSON = "company", "person"


class Derived(NamedTuple):
    """A value that was found, and the key of where it was found."""

    value: str
    source: str

    @property
    def explanation(self) -> str:
        """Where the value comes from, for the line below the field."""
        return {
            "name": _("From the company name"),
            "uscc": _("From the credit code"),
            "area_code": _("From the area code"),
            "email": _("From the e-mail address"),
        }[self.source]


@dataclass(frozen=True)
class Derivation:
    """Everything that follows from what was typed; absent values were not found."""

    values: dict[str, Derived] = field(default_factory=dict)
    core: str = ""
    branch: str = ""

    def get(self, name: str) -> str:
        """The found value of a field, or empty."""
        found = self.values.get(name)
        return found.value if found else ""

    @property
    def seeks_parent(self) -> bool:
        """Whether the customer is a branch whose parent (same core, no branch) may be a customer already."""
        return bool(self.branch)


def derive(*, name: str, uscc: str = "", phone: str = "", email: str = "") -> Derivation:
    """Kind, region, website and branch of a customer from its name, credit code, telephone and e-mail address."""
    values: dict[str, Derived] = {}
    person = looks_like_person(name)
    if name.strip():
        values["kind"] = Derived(PERSON if person else COMPANY, "name")
    company = parse_company("" if person else name)
    if region := find_region(place=company.place, branch=company.branch, uscc=uscc, phone=phone):
        values["region"] = region
    if website := website_of(email):
        values["website"] = Derived(website, "email")
    return Derivation(values, core=company.core, branch=company.branch)


def find_region(*, place: str = "", branch: str = "", uscc: str = "", phone: str = "") -> Derived | None:
    """Division code by branch and name, then credit code, then area code; a finer one of the same place wins."""
    candidates = []
    if branch and (found := divisions.leading_place(branch)):
        candidates.append(Derived(found.code, "name"))
    elif place:
        candidates.append(Derived(place, "name"))
    try:
        by_code = known_division(region_code(normalise_uscc(uscc))) if uscc else ""
    except UsccError:
        by_code = ""
    if by_code:
        candidates.append(Derived(by_code, "uscc"))
    number = read_phone(phone) if phone else None
    if number is not None and (by_area := divisions.division_of_area_code(number.area_code or "-")):
        candidates.append(Derived(by_area, "area_code"))
    if not candidates:
        return None
    best = candidates[0]
    for other in candidates[1:]:
        if is_within(other.value, best.value):
            best = other
    return best


def is_within(code: str, outer: str) -> bool:
    """Whether a division lies in another one (and is not that one)."""
    step = divisions.parent_of(code)
    while step:
        if step == outer:
            return True
        step = divisions.parent_of(step)
    return False


def known_division(code: str) -> str:
    """The code if it is in use, otherwise that of the city or province it lies in; abolished districts exist."""
    for candidate in (code, f"{code[:4]}00", f"{code[:2]}0000"):
        if candidate in divisions.NAMES:
            return candidate
    return ""


def website_of(email: str) -> str:
    """The probable website behind a company's e-mail address; none for mailbox providers."""
    try:
        domain = company_domain(normalise_email(email)) if email else ""
    except EmailError:
        return ""
    return f"https://{re.sub(r'^(mail|smtp|mx)[.]', '', domain)}" if domain else ""
