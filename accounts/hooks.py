"""What customers, contacts and follow-ups contribute downwards: their lists, for search, bulk jobs, import and choices."""

from accounts.activity_listing import ACTIVITIES
from accounts.listings import CONTACTS, CUSTOMER_BIN, CUSTOMERS
from accounts.models import Activity
from accounts.queries.today import today_count
from crm.core.hooks import Panel, hooks
from crm.identity.services import hands_over

hooks.add_list_page("customers", CUSTOMERS)
hooks.add_list_page("contacts", CONTACTS)
hooks.add_list_page("customer_bin", CUSTOMER_BIN)
hooks.add_list_page("activities", ACTIVITIES)
hooks.add_panel(Panel("nav", "today", "", today_count))
# What is done stays with whom did it; open tasks and planned follow-ups go to the successor.
hands_over(Activity, lambda rows: rows.filter(done_at__isnull=True))
