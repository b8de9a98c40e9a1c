"""What sales contributes downwards."""

from accounts.services.merge_relations import moves_with_customer
from sales.models import Lead, LeadConversion, Opportunity

moves_with_customer(Lead)
moves_with_customer(LeadConversion)
moves_with_customer(Opportunity)
