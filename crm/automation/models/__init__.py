from crm.automation.models.notification import Notification
from crm.automation.models.outgoing_email import OutgoingEmail
from crm.automation.models.preference import NotificationPreference

__all__ = ["Notification", "NotificationPreference", "OutgoingEmail"]
