from crm.automation.models.group_robot import GroupRobot, RobotMessage
from crm.automation.models.incoming_email import IncomingEmail
from crm.automation.models.notification import Notification
from crm.automation.models.outgoing_email import OutgoingEmail
from crm.automation.models.preference import NotificationPreference
from crm.automation.models.rhythm import DigestRun, NotificationRhythm
from crm.automation.models.suppression import Suppression

__all__ = [
    "DigestRun",
    "GroupRobot",
    "IncomingEmail",
    "Notification",
    "NotificationPreference",
    "NotificationRhythm",
    "OutgoingEmail",
    "RobotMessage",
    "Suppression",
]
