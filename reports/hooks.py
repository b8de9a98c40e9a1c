"""What reports contribute downwards: the reports themselves, how the month stands, the list of targets for bulk jobs and import."""

from crm.core.hooks import Panel, hooks
from reports import (
    declared,  # noqa: F401 - importing declares
    panels,
)
from reports.listings import QUOTAS
from reports.queries.board import target_address

hooks.add_list_page("quotas", QUOTAS)
hooks.add_panel(Panel("today.head", "standing", "reports/_standing.html", panels.today_standing))
hooks.add_panel(Panel("opportunity_board.top", "target", "reports/_board_target_later.html", target_address))
