"""What customers, contacts and follow-ups contribute downwards: their lists, for search, bulk jobs, import and choices."""

from accounts import digest_parts, first_steps, given_up
from accounts.activity_filters import add_record_filters
from accounts.activity_listing import ACTIVITIES
from accounts.listings import CONTACT_BIN, CONTACTS, CUSTOMER_BIN, CUSTOMERS
from accounts.models import (
    Activity,
    ActivityFile,
    Contact,
    ContactFile,
    ContactLink,
    Customer,
    CustomerFile,
    CustomerGroupGrant,
    CustomerTag,
    CustomerUserGrant,
    Highlight,
    LifecycleEvent,
)
from accounts.models.activity import OPEN
from accounts.queries.today import today_count
from accounts.services.activity_bulk import followed
from accounts.services.merge_relations import moves_with_customer
from crm.console.queries.first_run import add_step
from crm.console.queries.welcome import add_own_step
from crm.console.views.files import panel_context
from crm.core.hooks import Panel, hooks
from crm.identity.services import hands_over
from crm.records.filed import carries_files

hooks.add_list_page("customers", CUSTOMERS)
hooks.add_list_page("contacts", CONTACTS)
hooks.add_list_page("customer_bin", CUSTOMER_BIN)
hooks.add_list_page("contact_bin", CONTACT_BIN)
hooks.add_list_page("activities", ACTIVITIES)
add_record_filters()
hooks.add_panel(Panel("nav", "today", "", today_count))
hooks.add_panel(Panel("customer.right", "files", "console/files/_panel.html", panel_context, order=60))
# What is done stays with whom did it; open tasks and planned follow-ups go to the successor.
hands_over(Activity, lambda rows: rows.filter(OPEN), following=followed)
digest_parts.register()
given_up.register()
add_step("customers", first_steps.import_customers, 30)
add_step("follow-up", first_steps.record_a_follow_up, 60)
add_own_step("customer", first_steps.own_first_customer, 20)
add_own_step("follow-up", first_steps.own_first_follow_up, 30)
carries_files("customers", CustomerFile)
carries_files("contacts", ContactFile, within="customer")
carries_files("activities", ActivityFile, within="customer")
# What goes over when two customers are merged. Reminders, attachments and participants follow their follow-up; events
# stay and are read through the tombstone.
moves_with_customer(Contact)
moves_with_customer(ContactLink, once=("contact",))
moves_with_customer(Activity)
moves_with_customer(CustomerTag, once=("tag",))
moves_with_customer(CustomerFile)
moves_with_customer(Highlight, most=Highlight.MOST)
moves_with_customer(LifecycleEvent)
moves_with_customer(Customer, "parent")
moves_with_customer(CustomerUserGrant, "content_object", once=("user", "permission"))
moves_with_customer(CustomerGroupGrant, "content_object", once=("group", "permission"))
