"""What sales contributes downwards."""

from accounts.services.merge_relations import moves_with_customer
from crm.identity.services import hands_over
from sales.models import Lead, LeadConversion, Opportunity, Order, Quote
from sales.queries.orders import open_orders
from sales.queries.quotes import open_quotes

moves_with_customer(Lead)
moves_with_customer(LeadConversion)
moves_with_customer(Opportunity)
moves_with_customer(Quote)
moves_with_customer(Order)
# What is decided stays with whom it was decided by; open offers and running contracts need somebody.
hands_over(Quote, open_quotes)
hands_over(Order, open_orders)
