"""Field rights of roles."""

from collections.abc import Mapping

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from crm.core.writes import RuleBroken, lock
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.events import ROLE_UPDATED
from crm.identity.fields import guarded_fields, maskable
from crm.identity.models import FieldLevel, FieldRight, Role


@transaction.atomic
def save_field_rights(role: Role, levels: Mapping[tuple[str, str], str], *, actor: Actor) -> None:
    """Set how far a role reaches into fields: `{(kind of record, field): level}`; the fields not named stay."""
    role = lock(role)
    held = {(one.model, one.field): one.level for one in FieldRight._base_manager.filter(role=role)}
    wanted = {key: found for key, found in levels.items() if held.get(key, FieldLevel.EDIT) != found}
    for (label, name), found in wanted.items():
        _check(role, label, name, found)
        row = FieldRight._base_manager.filter(role=role, model=label, field=name)
        if found == FieldLevel.EDIT:
            row.delete()
        elif not row.update(level=found):
            FieldRight._base_manager.create(role=role, model=label, field=name, level=found)
    if wanted:
        changes = {
            f"{label}.{name}": [held.get((label, name), FieldLevel.EDIT.value), str(found)]
            for (label, name), found in wanted.items()
        }
        record_event(ROLE_UPDATED, role, actor=actor, changes=changes)


def _check(role: Role, label: str, name: str, found: str) -> None:
    model = apps.get_model(label)
    if name not in guarded_fields(model) or found not in FieldLevel.values:
        raise RuleBroken(_("Choose one of the values offered."), field=name)
    if found == FieldLevel.MASKED and not maskable(model, name):
        raise RuleBroken(_("Only texts can be shown in part."), field=name)
    if role.is_administrator:
        raise RuleBroken(_("Administrators see and edit every field."))
