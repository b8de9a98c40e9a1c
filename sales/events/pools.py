"""What happens to pools and their rules; what happens to the records in them is told by `crm.identity.events`."""

from django.utils.translation import gettext_lazy

from crm.events.catalogue import event

POOL_CREATED = event("pool.created", gettext_lazy("Pool opened"), timeline=False)
POOL_UPDATED = event("pool.updated", gettext_lazy("Pool changed"), timeline=False)
POOL_DELETED = event("pool.deleted", gettext_lazy("Pool closed"), timeline=False)
RECYCLE_RULE_SAVED = event("pool.rule_saved", gettext_lazy("Recycling rule changed"), timeline=False)
RECYCLE_RULE_DELETED = event("pool.rule_deleted", gettext_lazy("Recycling rule deleted"), timeline=False)
PROTECTION_EXTENDED = event("pool.protection_extended", gettext_lazy("Protection extended"))
RECORD_LOCKED = event("pool.locked", gettext_lazy("Locked: it does not go to the pool"))
RECORD_UNLOCKED = event("pool.unlocked", gettext_lazy("Unlocked"))
