"""What customers, contacts and follow-ups contribute downwards: their lists, for search, bulk jobs, import and choices."""

from accounts.activity_listing import ACTIVITIES
from accounts.listings import CONTACTS, CUSTOMER_BIN, CUSTOMERS
from accounts.queries.today import today_count
from crm.core.hooks import Panel, hooks

hooks.add_list_page("customers", CUSTOMERS)
hooks.add_list_page("contacts", CONTACTS)
hooks.add_list_page("customer_bin", CUSTOMER_BIN)
hooks.add_list_page("activities", ACTIVITIES)
hooks.add_panel(Panel("nav", "today", "", today_count))
