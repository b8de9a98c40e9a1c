from accounts.models.activity import Activity, ActivityFile, ActivityKind, Outcome
from accounts.models.contact import Contact, ContactLink
from accounts.models.customer import Customer, CustomerTag
from accounts.models.duplicate import CustomerMerge, DuplicatePair
from accounts.models.files import ContactFile, CustomerFile
from accounts.models.grants import CustomerGroupGrant, CustomerUserGrant
from accounts.models.highlight import Highlight
from accounts.models.lifecycle_event import LifecycleEvent
from accounts.models.reminder import Reminder

__all__ = [
    "Activity",
    "ActivityFile",
    "ActivityKind",
    "Contact",
    "ContactFile",
    "ContactLink",
    "Customer",
    "CustomerFile",
    "CustomerGroupGrant",
    "CustomerMerge",
    "CustomerTag",
    "CustomerUserGrant",
    "DuplicatePair",
    "Highlight",
    "LifecycleEvent",
    "Outcome",
    "Reminder",
]
