"""What a conversion takes over from a lead, as an administrator chose it."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.locks import hold
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from sales.events.leads import CONVERSION_MAPPED
from sales.models import ConversionField
from sales.queries.conversion import Target, lead_fields, target_fields
from sales.rules.conversion import fits


@transaction.atomic
def set_conversion_fields(chosen: Mapping[tuple[str, str], str], *, actor: Actor) -> None:
    """Keep where each field of a lead goes: {(field of the lead, target): field there}; each field is filled once."""
    hold("conversion-fields")
    sources = {one.name: one for one in lead_fields()}
    rows, filled = [], set()
    for (source, target), name in chosen.items():
        there = {one.name: one for one in target_fields(target)} if target in Target.values else {}
        if source not in sources or name not in there:
            raise RuleBroken(_("There is no such field."), field=f"{target}:{source}")
        if not fits(sources[source].kind, there[name].kind):
            raise RuleBroken(
                _("%(from)s does not fit into %(to)s.")
                % {"from": sources[source].label, "to": there[name].label},
                field=f"{target}:{source}",
            )
        if (target, name) in filled:
            raise RuleBroken(
                _("%(field)s is filled from two fields.") % {"field": there[name].label},
                field=f"{target}:{source}",
            )
        filled.add((target, name))
        rows.append(ConversionField(source=source, target=target, field=name))
    before = {(row.source, row.target): row.field for row in ConversionField.objects.all()}
    if before == dict(chosen):
        return
    ConversionField.objects.all().delete()
    ConversionField.objects.bulk_create(rows)
    record_event(
        CONVERSION_MAPPED, ConversionField(pk=0), actor=actor, payload={"fields": [str(row) for row in rows]}
    )
