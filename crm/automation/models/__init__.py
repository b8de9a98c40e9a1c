from crm.automation.models.group_robot import GroupRobot, RobotMessage
from crm.automation.models.notification import Notification
from crm.automation.models.outgoing_email import OutgoingEmail
from crm.automation.models.preference import NotificationPreference
from crm.automation.models.rhythm import DigestRun, NotificationRhythm

__all__ = [
    "DigestRun",
    "GroupRobot",
    "Notification",
    "NotificationPreference",
    "NotificationRhythm",
    "OutgoingEmail",
    "RobotMessage",
]
