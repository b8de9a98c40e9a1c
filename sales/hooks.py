"""What sales contributes downwards: lists for search, bulk jobs, import and choices; files; what follows a merged customer."""

from accounts.events import ACTIVITY_PLANNED
from accounts.listings import CONTACTS
from accounts.models import Customer
from accounts.services.life_reviews import tells_of_life
from accounts.services.merge_relations import moves_with_customer
from crm.automation.events import ADDRESS_SUPPRESSED, EMAIL_ANSWERED
from crm.core.hooks import HealthSignal, Panel, hooks
from crm.identity.events import (
    RECORD_CLAIMED,
    RECORD_TRANSFERRED,
    ROLE_UPDATED,
    TEAM_UPDATED,
    USER_CREATED,
    USER_REACTIVATED,
    USER_UPDATED,
)
from crm.identity.services import hands_over
from crm.records.filed import carries_files
from sales import consumers, panels
from sales.events.leads import LEAD_CONVERTED, LEAD_DELETED, LEAD_STATUS_CHANGED
from sales.events.opportunities import (
    OPPORTUNITY_INVALID,
    OPPORTUNITY_LOST,
    OPPORTUNITY_MOVED,
    OPPORTUNITY_WON,
)
from sales.listings.cadences import CADENCES, ENROLMENTS, START
from sales.listings.invoices import INVOICES
from sales.listings.leads import LEAD_BIN, LEADS
from sales.listings.opportunities import OPPORTUNITIES, OPPORTUNITY_BIN
from sales.listings.orders import ORDER_BIN, ORDERS
from sales.listings.payments import PAYMENTS, RECEIPTS
from sales.listings.pools import POOL_CUSTOMERS, POOL_LEADS
from sales.listings.products import PRICE_BOOKS, PRODUCT_BIN, PRODUCTS
from sales.listings.quotes import QUOTE_BIN, QUOTES
from sales.models import (
    Enrolment,
    FormSubmission,
    Lead,
    LeadConversion,
    LeadFile,
    Opportunity,
    OpportunityFile,
    Order,
    OrderFile,
    PoolStay,
    Protection,
    Quote,
)
from sales.models.cadence import LIVE
from sales.models.lead import OPEN
from sales.models.opportunity import OPEN as OPEN_DEALS
from sales.pages.cadences import cadence_panel
from sales.pages.leads import leads_panel
from sales.pages.next_actions import today_side
from sales.pages.pools import pool_panel
from sales.queries import recycling
from sales.queries.life_facts import sold_facts
from sales.queries.orders import open_orders
from sales.queries.payment_health import payment_health
from sales.queries.quotes import open_quotes

PEOPLE_CHANGED = (USER_CREATED, USER_UPDATED, USER_REACTIVATED, ROLE_UPDATED, TEAM_UPDATED)

hooks.add_list_page("leads", LEADS)
hooks.add_list_page("lead_bin", LEAD_BIN)
hooks.add_list_page("opportunities", OPPORTUNITIES)
hooks.add_list_page("opportunity_bin", OPPORTUNITY_BIN)
DEALS = "sales/_customer_opportunities.html"
hooks.add_panel(Panel("customer.right", "opportunities", DEALS, panels.customer_opportunities, order=20))
hooks.add_panel(Panel("today.tiles", "opportunities", "sales/_today_tile.html", panels.today_tile, order=20))
hooks.add_panel(Panel("lead.right", "opportunities", DEALS, panels.lead_opportunities, order=20))
QUOTED, SOLD, ABOUT = "sales/_quotes_panel.html", "sales/_orders_panel.html", "sales/_products_panel.html"
hooks.add_panel(Panel("customer.right", "orders", SOLD, panels.customer_orders, order=22))
hooks.add_panel(Panel("customer.right", "quotes", QUOTED, panels.customer_quotes, order=24))
hooks.add_panel(Panel("opportunity.right", "products", ABOUT, panels.opportunity_products, order=20))
hooks.add_panel(Panel("opportunity.right", "quotes", QUOTED, panels.opportunity_quotes, order=24))
hooks.add_panel(Panel("opportunity.right", "orders", SOLD, panels.opportunity_orders, order=26))
carries_files("leads", LeadFile, within="customer")
hooks.add_panel(Panel("customer.right", "leads", "sales/_customer_leads.html", leads_panel, order=70))
PAID, OWING = "sales/_payments_panel.html", "sales/_owing_panel.html"
hooks.add_panel(Panel("order.right", "payments", PAID, panels.order_payments, order=10))
INVOICED = "sales/_invoices_panel.html"
hooks.add_panel(Panel("order.right", "invoices", INVOICED, panels.order_invoices, order=12))
hooks.add_panel(Panel("customer.right", "payments", OWING, panels.customer_payments, order=23))
carries_files("opportunities", OpportunityFile, within="customer")
for key, listing in {
    "products": PRODUCTS,
    "product_bin": PRODUCT_BIN,
    "price_books": PRICE_BOOKS,
    "quotes": QUOTES,
    "quote_bin": QUOTE_BIN,
    "orders": ORDERS,
    "order_bin": ORDER_BIN,
    "payments": PAYMENTS,
    "receipts": RECEIPTS,
    "invoices": INVOICES,
}.items():
    hooks.add_list_page(key, listing)
carries_files("orders", OrderFile, within="customer")
moves_with_customer(Lead)
moves_with_customer(LeadConversion)
moves_with_customer(Opportunity)
moves_with_customer(Quote)
moves_with_customer(Order)
moves_with_customer(FormSubmission)
# What is decided stays with whom it was decided by; open deals, open offers and running contracts need somebody.
hands_over(Opportunity, lambda rows: rows.filter(OPEN_DEALS))
hands_over(Quote, open_quotes)
hands_over(Order, open_orders)
hooks.add_list_page("pool_leads", POOL_LEADS)
hooks.add_list_page("pool_customers", POOL_CUSTOMERS)
hooks.add_panel(Panel("customer.right", "pool", "sales/_pool_panel.html", pool_panel, order=80))
hooks.add_panel(Panel("lead.right", "pool", "sales/_pool_panel.html", pool_panel, order=80))
hooks.add_consumer(
    "pool-members",
    [str(one) for one in PEOPLE_CHANGED],
    consumers.members_changed,
)
hooks.add_consumer("pool-stays", [str(RECORD_TRANSFERRED)], consumers.taken_out)
hands_over(Lead, lambda rows: rows.filter(OPEN), following=consumers.left_behind_leads)
hands_over(Customer, lambda rows: rows, following=consumers.left_behind_customers)
moves_with_customer(PoolStay)
moves_with_customer(Protection, most=1)
hooks.add_list_page("cadences", CADENCES)
hooks.add_list_page("enrolments", ENROLMENTS)
for slot in ("contact.right", "lead.right"):
    hooks.add_panel(Panel(slot, "cadence", "sales/_cadence_panel.html", cadence_panel, order=15))
hooks.add_panel(Panel("today.head", "money", "sales/_today_money.html", panels.today_money, order=14))
hooks.add_panel(Panel("today.side", "next", "sales/_today_next.html", today_side, order=10))
CONTACTS.add_bulk(START)
LEADS.add_bulk(START)
hands_over(Enrolment, lambda rows: rows.filter(LIVE))
moves_with_customer(Enrolment)
for key, names, handle in (
    ("cadence-answers", (EMAIL_ANSWERED,), consumers.answered),
    ("cadence-suppressed", (ADDRESS_SUPPRESSED,), consumers.suppressed),
    ("cadence-owners", (RECORD_TRANSFERRED, RECORD_CLAIMED), consumers.changed_hands),
    ("cadence-stages", (LEAD_STATUS_CHANGED, OPPORTUNITY_MOVED), consumers.moved_on),
    (
        "cadence-closed",
        (LEAD_CONVERTED, LEAD_DELETED, OPPORTUNITY_WON, OPPORTUNITY_LOST, OPPORTUNITY_INVALID),
        consumers.closed,
    ),
    ("cadence-meetings", (ACTIVITY_PLANNED,), consumers.planned),
):
    hooks.add_consumer(key, [str(one) for one in names], handle)
recycling.register()
tells_of_life(sold_facts)
hooks.add_health_signal(HealthSignal("payment", 10, payment_health))
