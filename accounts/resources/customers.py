"""Customers as sheets have them: how rows meet records, and what they become."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import reference
from accounts.models import Contact, Customer
from accounts.models.choices import Kind, Source, Stage
from accounts.queries.activities import may_write
from accounts.queries.merging import living_customers
from accounts.resources.customer_columns import CustomerColumns
from accounts.services import (
    contact_imports,
    customer_people,
    import_duplicates,
    import_undo,
    imported_facts,
    imported_notes,
    imports,
    parent_imports,
)
from crm.core.company import looks_like_person
from crm.core.phone import format_phone
from crm.core.pinyin import sort_key
from crm.core.text import fold
from crm.identity.models import User
from crm.listing.custom.importing import present_values
from crm.listing.importing import mapping as looks
from crm.listing.importing import staging
from crm.listing.importing.resource import Key, Run, StagedRow
from crm.listing.importing.tables import header_key

PEOPLE = customer_people.COLUMNS
MAIN_CONTACT = PEOPLE["contact"]
FURTHER = {person: columns for person, columns in PEOPLE.items() if person != "contact"}
FURTHER_COLUMNS = frozenset(column for columns in FURTHER.values() for column in columns)
# What several rows of one customer each add; everything else is the customer's own and said once.
ADDED = customer_people.PERSON_COLUMNS | {"tags", "highlights", "history", "remark", "next_follow_up"}
BY_NAME = "~"  # marks the key of a row that goes by its name because the chosen key is blank
WHO = ("name", "id", "external_id")  # by which the rows of one customer are told
NAMES = tuple(f"{person}_name" for person in PEOPLE)
PERSON_HEADERS = {"姓名", "名字", "客户姓名", "车主", "会员姓名", "fullname", "personname"}
ORGANISATION = re.compile(r"公司|集团|厂|店|中心|事务所|学校|医院|\b(ltd|inc|llc|gmbh|co)\b", re.IGNORECASE)


class CustomerResource(CustomerColumns):
    """Customers with their contacts, as sales sheets have them: one row each, or several rows for several contacts."""

    keys = (
        Key("id", gettext_lazy("number"), lambda value: str(value)),
        Key("external_id", gettext_lazy("external ID"), lambda value: str(value).strip()),
        Key("name", gettext_lazy("customer name"), fold),
        Key("uscc", gettext_lazy("credit code"), str),
        Key("phone", gettext_lazy("phone"), contact_imports.phone_key),
        Key("email", gettext_lazy("e-mail"), str),
    )

    def field_of(self, name: str) -> tuple[type[Any], str]:
        field = customer_people.field_of(name)
        return (Contact, field) if field else super().field_of(name)

    def targets(self, user: User) -> list[looks.Target]:
        """The proposal also knows a column of colleagues' names, of industries and of places by its cells."""
        known = {
            "owner": reference.looks_like_colleague(),
            "industry": reference.looks_like_industry(),
            "region": reference.looks_like_region,
        }
        targets = super().targets(user)
        for target in targets:
            if target.name in known:
                target.content = known[target.name]
            target.strict = target.name in ("industry", "region", "contact_wechat")
            target.speaks = target.speaks or target.name == "owner"
        return targets

    def settle(self, mapping: dict[str, str]) -> dict[str, str]:
        """Without a contact's name the numbers are the customer's own: a list of persons has only one name."""
        by_field = {name: header for header, name in mapping.items()}
        if "contact_name" not in by_field:
            for person, own in (("contact_phone", "phone"), ("contact_email", "email")):
                if person in by_field and own not in by_field:
                    mapping[by_field[person]] = own
        elif "email" in by_field and "contact_email" not in by_field and "phone" not in by_field:
            mapping[by_field["email"]] = "contact_email"
        nameless = [columns for person, columns in FURTHER.items() if f"{person}_name" not in by_field]
        left_out = {column for columns in nameless for column in columns}
        return {header: name for header, name in mapping.items() if name not in left_out}

    def default_key(self, mapping: Mapping[str, str]) -> str:
        """Number and external ID are sure; otherwise the name, which every sheet has."""
        taken = set(mapping.values())
        return next(
            (name for name in ("id", "external_id", "name", "uscc", "phone", "email") if name in taken),
            "name",
        )

    def check(self, run: Run, row: StagedRow) -> None:
        """A contact needs a name; without one its numbers become the customer's, as far as it has none."""
        cleaned = row.cleaned
        if run.once("further people", lambda: bool(run.mapped & FURTHER_COLUMNS)):
            self._check_further(run, row)
        if "name" not in cleaned:
            self._belongs_above(run, row)
        if self._is_grouped(run):
            run.memory["above"] = (row.number, bool(row.outcome), {k: cleaned.get(k) for k in WHO})
        if "kind" not in cleaned and header_key(run.headers.get("name", "")) in PERSON_HEADERS:
            cleaned["kind"] = "company" if ORGANISATION.search(cleaned.get("name", "")) else "person"
        self._check_next(run, row)
        source = cleaned.get("source", "")
        if source.startswith("other:"):
            cleaned["source"] = "other"
            cleaned.setdefault("source_detail", source[6:])
        if cleaned.get("lifecycle_stage") in imports.DEAL_STAGES and not cleaned.get("first_deal_at"):
            self._deal_date_missing(run, row)
        if "first_deal_at" in cleaned and cleaned["first_deal_at"] > run.today.isoformat():
            row.fail(
                "future",
                _("The first deal cannot lie in the future."),
                run.headers["first_deal_at"],
                "first_deal_at",
            )
        if cleaned.get("contact_name") or not any(name in cleaned for name in MAIN_CONTACT):
            return
        if cleaned.get("kind") == "person" or looks_like_person(cleaned.get("name", "")):
            cleaned["contact_name"] = cleaned["name"][:100]
            return
        for person, own in (("contact_phone", "phone"), ("contact_email", "email")):
            if person in cleaned and own not in cleaned:
                cleaned[own] = cleaned.pop(person)
        left = [name for name in MAIN_CONTACT if name in cleaned]
        if left:
            row.fail(
                "contact_name",
                _("The contact's name is missing."),
                run.headers.get("contact_name", ""),
                "contact_name",
            )

    @staticmethod
    def _check_further(run: Run, row: StagedRow) -> None:
        """A second or third person needs a name as well."""
        for person, columns in FURTHER.items():
            if f"{person}_name" not in row.cleaned and any(name in row.cleaned for name in columns):
                message = _("The contact's name is missing.")
                row.fail("contact_name", message, run.headers.get(f"{person}_name", ""), f"{person}_name")

    @staticmethod
    def _is_grouped(run: Run) -> bool:
        return "contact_name" in run.mapped and "name" in run.mapped

    def _belongs_above(self, run: Run, row: StagedRow) -> None:
        """A person right below a customer, with nothing of a customer in the row, is one more contact of it."""
        if not self._is_grouped(run) or row.outcome or "contact_name" not in row.cleaned:
            return
        if not row.cleaned.keys() <= ADDED:
            return
        number, failed, who = run.memory.get("above") or staging.row_above(run.job, row.number, WHO)
        if number != row.number - 1 or not who.get("name"):
            return
        row.cleaned |= {name: value for name, value in who.items() if value is not None}
        if failed:
            row.leader = number
            row.fail("first_row", _("Row %(row)s, to which it belongs, has an error.") % {"row": number})

    @staticmethod
    def _check_next(run: Run, row: StagedRow) -> None:
        """What lies in the past cannot be planned: the row comes in without it, and says so."""
        named = next((name for name in imported_notes.FIELDS if name in row.cleaned), "")
        if named and not run.once("writes", lambda: may_write(run.user)):
            message = _("Your role may not write follow-ups; leave this column out.")
            row.fail("no_right", message, run.headers[named], named)
        planned = row.cleaned.get("next_follow_up")
        if planned and not imported_notes.is_to_come(planned):
            del row.cleaned["next_follow_up"]
            row.note(
                "past",
                _("The next follow-up lies in the past and was left out."),
                run.headers["next_follow_up"],
            )

    @staticmethod
    def _deal_date_missing(run: Run, row: StagedRow) -> None:
        if run.job.mode == "create" or run.key.name not in ("id", "external_id"):
            row.fail(
                "deal_date",
                _("This stage needs the date of the first deal."),
                run.headers.get("lifecycle_stage", ""),
                "lifecycle_stage",
            )

    def key_of(self, run: Run, row: StagedRow) -> str:
        """The chosen key; a row without one goes by its name, or the file could not be imported twice."""
        key = super().key_of(run, row)
        if key or run.key.name == "name" or not row.cleaned.get("name"):
            return key
        return f"{BY_NAME}{fold(row.cleaned['name'])}"[:255]

    def adds_to(self, run: Run, row: StagedRow, first: Mapping[str, Any]) -> str | None:
        """Several rows of one customer bring a contact each; what is the customer's own must not differ."""
        for name, value in row.cleaned.items():
            if name not in ADDED and name != run.key.name and _unlike(value, first.get(name)):
                return name
        if fold(row.cleaned.get("contact_name", "")) == fold(first.get("contact_name", "")):
            for name in MAIN_CONTACT:  # one person with two numbers may be two people of one name
                if name in row.cleaned and name in first and _unlike(row.cleaned[name], first[name]):
                    return name
        brings = any(value != first.get(name) for name, value in row.cleaned.items() if name in ADDED)
        return None if brings else ""

    joins = True

    def join(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write what further rows of a customer add to it."""
        imports.join_customers(run, rows)

    def tally(self, run: Run, column: str) -> dict[str, int]:
        """How many customers and contacts the rows that go in are about."""
        return {
            "customers": staging.records_in(run.job, column),
            "contacts": staging.filled_in(run.job, column, NAMES),
        }

    # --- Records ---------------------------------------------------------------------------------

    def find(self, run: Run, keys: Sequence[str]) -> dict[str, list[int]]:
        """The living customers of each key, whoever owns them."""
        named = {key for key in keys if key.startswith(BY_NAME)}
        found = self._find(run.key.name, [key for key in keys if key not in named])
        if named:
            by_name = self._find("name", [key.removeprefix(BY_NAME) for key in named])
            found |= {f"{BY_NAME}{name}": ids for name, ids in by_name.items()}
        return found

    @staticmethod
    def _find(by: str, keys: Sequence[str]) -> dict[str, list[int]]:
        rows = Customer._base_manager.filter(deleted_at__isnull=True)
        match by:
            case "id":
                wanted = [int(key) for key in keys if key.isdecimal()]
                return {str(pk): [pk] for pk in rows.filter(pk__in=wanted).values_list("pk", flat=True)}
            case "name":
                by_sort = {sort_key(key) for key in keys}
                pairs = rows.filter(name_sort__any_of=by_sort).values_list("name", "pk")
                return reference.grouped((fold(name), pk) for name, pk in pairs)
            case "phone":
                return reference.grouped(rows.filter(phone_key__any_of=keys).values_list("phone_key", "pk"))
            case name:
                return reference.grouped(rows.filter(**{f"{name}__any_of": keys}).values_list(name, "pk"))

    def current(self, run: Run, rows: Sequence[StagedRow]) -> dict[int, dict[str, Any]]:
        """What the customers and the contacts named in the rows are now."""
        ids = [row.target_id for row in rows]
        always = {
            "tier",
            "intent",
            "first_deal_at",
            "source_detail",
        }  # what a grade or a source means depends on them
        names = [
            name
            for name in (*imports.OWN, "kind", "tier", "intent", "lifecycle_stage", "first_deal_at")
            if name in run.mapped | always
        ]
        links = [f"{name}_id" for name in ("owner", "industry", "region") if name in run.mapped]
        found = {
            record["id"]: {
                name.removesuffix("_id") if name in links else name: value for name, value in record.items()
            }
            for record in Customer._base_manager.filter(pk__in=ids).values("id", *names, *links)
        }
        if "parent" in run.mapped:
            for pk, parent in Customer._base_manager.filter(pk__in=ids).values_list("pk", "parent__name"):
                found[pk]["parent"] = parent
        for pk, values in present_values(Customer, ids, run.mapped).items():
            found[pk] |= values
        if "tags" in run.mapped:
            for pk, tags in reference.tags_of(ids).items():
                found[pk]["tags"] = tags
        missing = imported_notes.missing_notes(run, rows)
        if "highlights" in run.mapped:
            for pk, facts in imported_facts.facts_of(ids).items():
                found[pk]["highlights"] = facts
        named = [columns for columns in PEOPLE.values() if run.mapped & columns.keys()]
        people = contact_imports.contacts_by_name(found) if named else {}
        current: dict[int, dict[str, Any]] = {}
        for row in rows:
            if row.target_id not in found:
                continue
            now = current[row.number] = dict(found[row.target_id])  # several rows may mean one customer
            self._compare_grade(row, now)
            for name, items in missing.get(row.number, {}).items():
                now[name] = None if items else row.cleaned[name]
            if "parent" in row.cleaned and fold(now.get("parent") or "") == fold(row.cleaned["parent"]):
                now["parent"] = row.cleaned["parent"]
            for columns in named:
                contact = people.get((row.target_id or 0, fold(row.cleaned.get(next(iter(columns)), ""))))
                now |= {column: getattr(contact, name) if contact else "" for column, name in columns.items()}
        return current

    @staticmethod
    def _compare_grade(row: StagedRow, now: dict[str, Any]) -> None:
        """A grade in the file means the tier of a deal customer and the intent of a prospect."""
        deal = row.cleaned.get("first_deal_at") or now.get("first_deal_at")
        grade = row.cleaned.get("tier") or row.cleaned.get("intent")
        if grade:
            held = now.get("tier" if deal else "intent")
            now["tier"] = now["intent"] = held

    doubts = True

    def doubt(self, run: Run, rows: Sequence[StagedRow], *, writing: bool) -> None:
        """New customers that may be there already under another key."""
        import_duplicates.doubt_new_customers(run, rows, writing=writing)

    def create(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write new customers with their contacts."""
        imports.create_customers(run, rows)

    def update(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Write what the rows change."""
        imports.update_customers(run, rows)

    def take_back(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Undo what an import wrote, as far as nobody has touched it since."""
        import_undo.take_back_customers(run, rows)

    def records(self, user: User, ids: Sequence[int]) -> dict[int, Any]:
        """The customers of rows; a row of one that was merged since leads to the customer it became."""
        now = living_customers(ids)
        seen = super().records(user, sorted(set(now.values())))
        return {pk: seen[current] for pk, current in now.items() if current in seen}

    finishing = "parent"

    def finish(self, run: Run, rows: Sequence[StagedRow]) -> None:
        """Link the companies to their parents."""
        parent_imports.link_parents(run, rows)

    def occupied(self, run: Run, row: StagedRow, ids: Sequence[int]) -> str:
        """Only the name of the colleague who has it is told, never anything else of the record."""
        owner = User._base_manager.filter(
            pk__in=Customer._base_manager.filter(pk__in=ids).values("owner")
        ).first()
        if owner is None:
            return _("Occupied: this customer belongs to another team.")
        return _("Occupied: this customer belongs to %(name)s.") % {"name": owner}

    def shown(self, run: Run, name: str, value: Any) -> str:
        """Numbers as one reads them, people and places by name."""
        if name == "phone" or customer_people.field_of(name) == "phone":
            return format_phone(value)
        if name == "owner":
            person = run.people.by_id.get(value)
            return str(person) if person else str(value)
        if name in ("industry", "region"):
            return imports.reference_label(run, name, value)
        labels: dict[str, Any] = {"kind": Kind, "lifecycle_stage": Stage, "source": Source}
        if name in labels:
            label: str | Promise = dict(labels[name].choices).get(value, value)
            return str(label)
        return super().shown(run, name, value)


def _unlike(value: Any, first: Any) -> bool:
    """Whether two rows contradict each other: a blank cell says nothing."""
    return fold(str(value)) != fold(str("" if first is None else first))
