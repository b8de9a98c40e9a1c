"""What sales contributes downwards: lists for search, bulk jobs, import and choices; files; what follows a merged customer."""

from accounts.services.merge_relations import moves_with_customer
from crm.core.hooks import hooks
from crm.identity.services import hands_over
from crm.records.filed import carries_files
from sales.listings.leads import LEAD_BIN, LEADS
from sales.models import Lead, LeadConversion, LeadFile, Opportunity, Order, Quote
from sales.queries.orders import open_orders
from sales.queries.quotes import open_quotes

hooks.add_list_page("leads", LEADS)
hooks.add_list_page("lead_bin", LEAD_BIN)
carries_files("leads", LeadFile)
moves_with_customer(Lead)
moves_with_customer(LeadConversion)
moves_with_customer(Opportunity)
moves_with_customer(Quote)
moves_with_customer(Order)
# What is decided stays with whom it was decided by; open offers and running contracts need somebody.
hands_over(Quote, open_quotes)
hands_over(Order, open_orders)
