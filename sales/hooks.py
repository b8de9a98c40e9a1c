"""What sales contributes downwards: lists for search, bulk jobs, import and choices; files; what follows a merged customer."""

from accounts.services.merge_relations import moves_with_customer
from crm.core.hooks import Panel, hooks
from crm.identity.services import hands_over
from crm.records.filed import carries_files
from sales import panels
from sales.listings.leads import LEAD_BIN, LEADS
from sales.listings.opportunities import OPPORTUNITIES, OPPORTUNITY_BIN
from sales.models import Lead, LeadConversion, LeadFile, Opportunity, OpportunityFile, Order, Quote
from sales.models.opportunity import OPEN as OPEN_DEALS
from sales.queries.orders import open_orders
from sales.queries.quotes import open_quotes

hooks.add_list_page("leads", LEADS)
hooks.add_list_page("lead_bin", LEAD_BIN)
hooks.add_list_page("opportunities", OPPORTUNITIES)
hooks.add_list_page("opportunity_bin", OPPORTUNITY_BIN)
DEALS = "sales/_customer_opportunities.html"
hooks.add_panel(Panel("customer.right", "opportunities", DEALS, panels.customer_opportunities, order=20))
hooks.add_panel(Panel("lead.right", "opportunities", DEALS, panels.lead_opportunities, order=20))
carries_files("leads", LeadFile)
carries_files("opportunities", OpportunityFile, within="customer")
moves_with_customer(Lead)
moves_with_customer(LeadConversion)
moves_with_customer(Opportunity)
moves_with_customer(Quote)
moves_with_customer(Order)
# What is decided stays with whom it was decided by; open deals, open offers and running contracts need somebody.
hands_over(Opportunity, lambda rows: rows.filter(OPEN_DEALS))
hands_over(Quote, open_quotes)
hands_over(Order, open_orders)
