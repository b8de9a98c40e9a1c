"""REST of what leaves the house: robots of group chats, and the addresses that get no more mails."""

from crm.automation.api.robots import RobotViewSet
from crm.automation.api.suppressions import SuppressionViewSet

ROUTES = [("group-robots", RobotViewSet), ("suppressions", SuppressionViewSet)]
