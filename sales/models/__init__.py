from sales.models.choices import (
    CloseReason,
    DisqualifyReason,
    ForecastCategory,
    LeadStatus,
    OpportunityStatus,
    TouchKind,
)
from sales.models.conversion import LeadConversion
from sales.models.files import LeadFile, OpportunityFile
from sales.models.grants import LeadGroupGrant, LeadUserGrant
from sales.models.lead import Lead, LeadTouch
from sales.models.letterhead import Letterhead
from sales.models.lines import OpportunityLine
from sales.models.mapping import ConversionField
from sales.models.numbering import NumberCounter, NumberRule
from sales.models.opportunity import Opportunity, StageHistory
from sales.models.order import (
    Order,
    OrderFile,
    OrderKind,
    OrderLine,
    OrderReminder,
    OrderStatus,
    OrderVersion,
)
from sales.models.pipeline import Pipeline, Stage
from sales.models.product import PriceBook, PriceBookEntry, Product, TaxRate
from sales.models.quote import Quote, QuoteLine, QuoteLink, QuoteStatus
from sales.models.webform import ConsentText, FormSubmission, WebForm

__all__ = [
    "CloseReason",
    "ConsentText",
    "ConversionField",
    "DisqualifyReason",
    "ForecastCategory",
    "FormSubmission",
    "Lead",
    "LeadConversion",
    "LeadFile",
    "LeadGroupGrant",
    "LeadStatus",
    "LeadTouch",
    "LeadUserGrant",
    "Letterhead",
    "NumberCounter",
    "NumberRule",
    "Opportunity",
    "OpportunityFile",
    "OpportunityLine",
    "OpportunityStatus",
    "Order",
    "OrderFile",
    "OrderKind",
    "OrderLine",
    "OrderReminder",
    "OrderStatus",
    "OrderVersion",
    "Pipeline",
    "PriceBook",
    "PriceBookEntry",
    "Product",
    "Quote",
    "QuoteLine",
    "QuoteLink",
    "QuoteStatus",
    "Stage",
    "StageHistory",
    "TaxRate",
    "TouchKind",
    "WebForm",
]
