"""The company's own name."""

from django.db import transaction

from crm.events.actor import Actor
from crm.events.recording import recording
from crm.identity.events import COMPANY_UPDATED
from crm.identity.models import Company
from crm.identity.queries import forget_company


@transaction.atomic
def update_company(*, asks_export_reason: bool | None = None, actor: Actor, **values: str) -> Company:
    """Change the company's name, what people read who cannot sign in, and whether every export has to say why."""
    Company._base_manager.get_or_create(pk=1)
    company = Company._base_manager.select_for_update().get(pk=1)
    with recording(COMPANY_UPDATED, company, actor=actor):
        for field in ("name", "short_name", "help_text"):
            if field in values:
                setattr(company, field, values[field].strip())
        if asks_export_reason is not None:
            company.asks_export_reason = asks_export_reason
        company.save()
    transaction.on_commit(forget_company)
    forget_company()
    return company
