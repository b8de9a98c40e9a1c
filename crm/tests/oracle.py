"""Who reaches what, told a second time: the table of roles as data and the rule in plain Python, without a database.

Nothing here knows `crm/identity/access.py`; the matrix of routes and the random worlds compare the two. Scopes: "own"
what one owns, "below" also what the own team and those below it hold, "all" everything, "deals" customers with a deal,
"assigned" only what was given to oneself, whoever owns the customer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

CUSTOMER, CONTACT, ACTIVITY = "customer", "contact", "activity"
LEAD, OPPORTUNITY = "lead", "opportunity"
QUOTE, ORDER, PRODUCT, BOOK = "quote", "order", "product", "pricebook"
PLAN, RECEIPT, INVOICE = "paymentplan", "receipt", "invoice"
CADENCE, ENROLMENT = "cadence", "enrolment"
EDIT = "view add change delete export import"
OFFERS = "view add change delete export transfer comment"

# role → kind of record → (how far, which verbs)
RIGHTS: dict[str, dict[str, tuple[str, str]]] = {
    "admin": {
        CUSTOMER: ("all", f"{EDIT} transfer share merge comment reveal"),
        CONTACT: ("all", f"{EDIT} reveal"),
        ACTIVITY: ("all", f"{EDIT} comment"),
        LEAD: ("all", f"{EDIT} transfer share comment"),
        OPPORTUNITY: ("all", f"{EDIT} transfer comment"),
        QUOTE: ("all", f"{OFFERS}"),
        ORDER: ("all", f"{OFFERS} import"),
        PLAN: ("all", "view export"),
        RECEIPT: ("all", "view export"),
        INVOICE: ("all", "view export"),
        PRODUCT: ("all", EDIT),
        BOOK: ("all", "view add change delete"),
        CADENCE: ("all", "view add change delete"),
        ENROLMENT: ("all", "view add change"),
        "numberrule": ("all", "view add change delete"),
        "taxrate": ("all", "view add change delete"),
        "pipeline": ("all", "view add change delete"),
        "stage": ("all", "view add change delete"),
        "tag": ("all", "view add change delete"),
        "user": ("all", "view add change delete"),
        "team": ("all", "view add change delete"),
        "role": ("all", "view add change delete"),
        "field": ("all", "view add change delete"),
        "section": ("all", "view add change delete"),
        "robot": ("all", "view add change delete"),
        "suppression": ("all", "view add delete"),
        "webform": ("all", "view add change"),
        "event": ("all", "view"),
    },
    "executive": {
        CUSTOMER: ("all", "view comment transfer"),
        CONTACT: ("all", "view"),
        ACTIVITY: ("all", "view comment"),
        LEAD: ("all", "view comment transfer"),
        OPPORTUNITY: ("all", "view comment transfer"),
        "pipeline": ("all", "view"),
        "stage": ("all", "view"),
        QUOTE: ("all", "view comment transfer"),
        ORDER: ("all", "view comment transfer"),
        PLAN: ("all", "view export"),
        RECEIPT: ("all", "view export"),
        INVOICE: ("all", "view export"),
        BOOK: ("all", "view"),
        CADENCE: ("all", "view"),
        ENROLMENT: ("all", "view"),
    },
    "sales_manager": {
        CUSTOMER: ("below", f"{EDIT} transfer share merge comment"),
        CONTACT: ("below", EDIT),
        ACTIVITY: ("below", f"{EDIT} comment"),
        LEAD: ("below", f"{EDIT} transfer share comment"),
        OPPORTUNITY: ("below", f"{EDIT} transfer comment"),
        "pipeline": ("all", "view"),
        "stage": ("all", "view"),
        QUOTE: ("below", OFFERS),
        ORDER: ("below", f"{OFFERS} import"),
        PLAN: ("below", "view"),
        RECEIPT: ("below", "view"),
        INVOICE: ("below", "view"),
        PRODUCT: ("all", EDIT),
        BOOK: ("all", "view add change delete"),
        CADENCE: ("all", "view add change delete"),
        ENROLMENT: ("below", "view add change"),
        "tag": ("all", "view add"),
    },
    "salesperson": {
        CUSTOMER: ("own", f"{EDIT} transfer share comment"),
        CONTACT: ("own", EDIT),
        ACTIVITY: ("own", f"{EDIT} comment"),
        LEAD: ("own", f"{EDIT} transfer share comment"),
        OPPORTUNITY: ("own", f"{EDIT} transfer comment"),
        "pipeline": ("all", "view"),
        "stage": ("all", "view"),
        QUOTE: ("own", OFFERS),
        ORDER: ("own", OFFERS),
        PLAN: ("own", "view add"),
        RECEIPT: ("own", "view add"),
        INVOICE: ("own", "view add"),
        PRODUCT: ("all", "view export"),
        BOOK: ("all", "view"),
        CADENCE: ("all", "view"),
        ENROLMENT: ("own", "view add change"),
        "tag": ("all", "view add"),
    },
    "marketing_manager": {
        CUSTOMER: ("all", "view reveal"),
        CONTACT: ("all", "view reveal"),
        LEAD: ("all", "view add change export import transfer comment"),
        OPPORTUNITY: ("all", "view"),
        "pipeline": ("all", "view"),
        "stage": ("all", "view"),
        QUOTE: ("all", "view"),
        CADENCE: ("all", "view"),
        "suppression": ("all", "view add delete"),
        "tag": ("all", "view add"),
    },
    "marketing_member": {
        LEAD: ("own", "view add change comment"),
        "tag": ("all", "view add"),
        "pipeline": ("all", "view"),
        "stage": ("all", "view"),
    },
    "service_rep": {
        CUSTOMER: ("all", "view"),
        CONTACT: ("all", "view change"),
        ACTIVITY: ("assigned", "view add change delete"),
        ORDER: ("all", "view"),
        "tag": ("all", "view add"),
    },
    "service_manager": {
        CUSTOMER: ("all", "view"),
        CONTACT: ("all", "view"),
        ACTIVITY: ("all", "view"),
        ORDER: ("all", "view"),
        "tag": ("all", "view add"),
    },
    "finance": {
        CUSTOMER: ("deals", "view"),
        CONTACT: ("deals", "view"),
        ORDER: ("deals", "view export comment"),
        PLAN: ("deals", EDIT),
        RECEIPT: ("deals", f"{EDIT} confirm"),
        INVOICE: ("deals", "view add change export issue"),
        PRODUCT: ("all", "view export"),
        BOOK: ("all", "view"),
    },
}
# Everybody may look these up.
DIRECTORY = ("user", "team", "role", "tag", PRODUCT, "taxrate", "numberrule")
# What a verb asks of a record beyond seeing it: to be edited, or to be disposed of.
ASKS = {
    "change": "change",
    "correct": "change",
    "import": "change",
    "delete": "assign",
    "transfer": "assign",
    "share": "assign",
    "merge": "assign",
}
VERB = {"correct": "change"}


@dataclass(frozen=True)
class Person:
    """Somebody with a role in a team.

    `leads` are teams they lead, `covers` whom they stand in for today, `given` what was opened to them by hand:
    (level, team).
    """

    name: str
    role: str
    team: str = ""
    leads: frozenset[str] = frozenset()
    covers: frozenset[str] = frozenset()
    given: frozenset[tuple[str, str]] = frozenset()
    active: bool = True


@dataclass(frozen=True)
class Fact:
    """What decides who reaches a customer or a lead, or a follow-up with its customer above it."""

    owner: str = ""
    team: str = ""
    deal: bool = False
    deleted: bool = False
    reads: frozenset[str] = frozenset()  # whom it is shared with today
    edits: frozenset[str] = frozenset()
    author: str = ""
    above: "Fact | None" = None


@dataclass(frozen=True)
class Rule:
    """The rule over one tree of teams (team → the one above it)."""

    tree: dict[str, str] = field(default_factory=dict)

    def below(self, teams: Iterable[str]) -> set[str]:
        """The teams and everything below them."""
        found = {team for team in teams if team}
        while True:
            more = {team for team, above in self.tree.items() if above in found} - found
            if not more:
                return found
            found |= more

    def may(self, person: Person, verb: str, kind: str, fact: Fact | None = None) -> bool:
        """Whether somebody may do something to one record (or, without one, to this kind of record at all)."""
        if not person.active or not holds(person.role, verb, kind):
            return False
        if fact is None:
            return True
        if fact.deleted:
            return False
        if (
            kind == ACTIVITY
            and verb in ("correct", "delete")
            and person.name not in (fact.author, fact.owner)
        ):
            return False
        return self.reaches(person, kind, fact, ASKS.get(verb, "view"))

    def reaches(self, person: Person, kind: str, fact: Fact, level: str) -> bool:
        if kind in (PLAN, RECEIPT, INVOICE):
            return self.reaches(person, ORDER, fact, level)
        if kind not in (CUSTOMER, CONTACT, ACTIVITY, LEAD, OPPORTUNITY, QUOTE, ORDER, ENROLMENT):
            return True
        if kind == CONTACT:
            return self.reaches(person, CUSTOMER, fact, level)
        scope = RIGHTS[person.role].get(kind, ("own", ""))[0]
        if scope == "all":
            return True
        if scope == "deals":
            return fact.deal or (fact.above is not None and fact.above.deal)
        teams = self.below(person.leads) | {team for at, team in person.given if at == level}
        if scope == "below":
            teams |= self.below([person.team])
        owners = {person.name} if level == "assign" else {person.name, *person.covers}
        if fact.owner in owners or fact.team in teams:
            return True
        if kind in (CUSTOMER, LEAD):
            shared = {"view": fact.reads | fact.edits, "change": fact.edits}.get(level, frozenset())
            return person.name in shared
        # A customer shows what was written about it and the deals with it; only whose they are, or leads them, changes them.
        above = fact.above
        if above is None or level != "view" or scope == "assigned" or above.deleted:
            return False
        return self.reaches(person, CUSTOMER, above, "view")


def holds(role: str, verb: str, kind: str) -> bool:
    """Whether a role has the verb for this kind of record at all."""
    if kind in DIRECTORY and verb == "view":
        return True
    return VERB.get(verb, verb) in RIGHTS.get(role, {}).get(kind, ("", ""))[1].split()
