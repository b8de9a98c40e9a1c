"""How columns were assigned before: remembered from one's last import of such a file, or kept under a name."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from crm.core.text import tidy
from crm.core.writes import RuleBroken
from crm.events.actor import Actor
from crm.events.recording import record_event
from crm.identity.models import User
from crm.records.models import ImportJob, ImportTemplate

from . import jobs
from .events import IMPORT_TEMPLATE_DELETED, IMPORT_TEMPLATE_SAVED
from .resource import ImportResource

LOOKED_AT = 20
MOST = 100


def templates_for(user: User, resource: str = "") -> models.QuerySet[ImportTemplate]:
    """The templates a person may use: their own and the shared ones."""
    found = ImportTemplate._base_manager.filter(models.Q(user=user) | models.Q(is_shared=True))
    return (found.filter(resource=resource) if resource else found).select_related("user")


def remembered(job: ImportJob, resource: ImportResource) -> dict[str, str]:
    """How the same person assigned the columns of the last file with these very columns; empty when there is none."""
    headers = {column["header"] for column in job.columns}
    earlier = ImportJob._base_manager.filter(
        user=job.user, resource=job.resource, committed_at__isnull=False
    ).exclude(pk=job.pk)
    for columns, mapping in earlier.order_by("-committed_at").values_list("columns", "mapping")[:LOOKED_AT]:
        if {column["header"] for column in columns} == headers:
            return usable(mapping, job, resource)
    return {}


def last_mapping(job: ImportJob, resource: ImportResource) -> dict[str, str]:
    """How the person assigned columns in their last import of this kind, as far as this file has them."""
    earlier = ImportJob._base_manager.filter(
        user=job.user, resource=job.resource, committed_at__isnull=False
    ).exclude(pk=job.pk)
    for mapping in earlier.order_by("-committed_at").values_list("mapping", flat=True)[:1]:
        return usable(mapping, job, resource)
    return {}


def usable(mapping: dict[str, str], job: ImportJob, resource: ImportResource) -> dict[str, str]:
    """The part of a mapping whose columns the file has and whose fields there are."""
    headers = {column["header"] for column in job.columns}
    return {h: name for h, name in mapping.items() if h in headers and name in resource.columns}


def use_mapping(job: ImportJob, mapping: dict[str, str], *, key: str = "", mode: str = "") -> ImportJob:
    """Assign the columns as it was done before; columns it does not know stay as they are proposed."""
    resource = jobs.resource_for(job)
    known = usable(mapping, job, resource)
    if not known:
        raise RuleBroken(_("This file has none of the columns of the template."), code="no_column")
    taken = set(known.values())
    others = {h: name for h, name in job.mapping.items() if h not in known and name not in taken}
    key = key if key in {k.name for k in resource.keys} else ""
    return jobs.remap(job, mapping={**others, **known}, key=key, mode=mode)


@transaction.atomic
def save_template(
    user: User,
    *,
    resource: str,
    name: str,
    mapping: dict[str, str],
    key: str = "",
    mode: str = ImportJob.Mode.UPSERT,
    is_shared: bool = False,
    actor: Actor,
) -> ImportTemplate:
    """Keep a mapping under a name; the same name replaces one's earlier template."""
    name = tidy(name)[:80]
    if not name:
        raise RuleBroken(_("Enter a name for the template."), field="name")
    found = jobs.resource_of(resource, user)
    if found is None:
        raise RuleBroken(_("This kind of record cannot be imported."), field="resource")
    jobs.require_import(user, found, "update")
    unknown = [value for value in mapping.values() if value not in found.columns]
    if unknown or not mapping:
        shown = tidy(unknown[0])[:60] if unknown else ""
        raise RuleBroken(_("There is no field “%(name)s”.") % {"name": shown}, field="mapping")
    own = ImportTemplate._base_manager.filter(user=user)
    if own.count() >= MOST and not own.filter(resource=resource, name=name).exists():
        raise RuleBroken(_("Delete a template first; %(count)s are kept.") % {"count": MOST})
    values: dict[str, Any] = {"mapping": mapping, "key": key, "mode": mode, "is_shared": is_shared}
    template, _new = ImportTemplate._base_manager.update_or_create(
        user=user, resource=resource, name=name, defaults=values
    )
    record_event(IMPORT_TEMPLATE_SAVED, template, actor=actor, payload={"name": name, "shared": is_shared})
    return template


@transaction.atomic
def delete_template(template: ImportTemplate, *, actor: Actor) -> None:
    """Delete one's own template; imports that used it stay as they are."""
    record_event(IMPORT_TEMPLATE_DELETED, template, actor=actor, payload={"name": template.name})
    template.delete()
