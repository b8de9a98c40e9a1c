from sales.models.assignment import AssignmentGroup, AssignmentMember, AssignmentRule, LeadAssignment
from sales.models.cadence import (
    Cadence,
    CadenceStep,
    Enrolment,
    PersonalTemplate,
    SnoozedAction,
    StepRun,
)
from sales.models.chances import LeadModel
from sales.models.choices import (
    Acceptance,
    CloseReason,
    DisqualifyReason,
    EnrolmentState,
    ForecastCategory,
    LeadStatus,
    OpportunityStatus,
    PoolGround,
    PoolKind,
    PoolReason,
    StepKind,
    StopReason,
    Strategy,
    TouchKind,
)
from sales.models.conversion import LeadConversion
from sales.models.files import LeadFile, OpportunityFile
from sales.models.grants import LeadGroupGrant, LeadUserGrant
from sales.models.invoice import Invoice, InvoiceAmount, InvoiceKind, InvoiceStatus
from sales.models.lead import Lead, LeadTouch
from sales.models.letterhead import Letterhead
from sales.models.lines import OpportunityLine
from sales.models.mapping import ConversionField
from sales.models.money import PaymentMethod, PaymentPlan, PaymentReminder, Receipt, ReceiptStatus
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
from sales.models.pool import Pool, PoolStay, Protection, RecycleRule
from sales.models.product import PriceBook, PriceBookEntry, Product, TaxRate
from sales.models.quote import Quote, QuoteLine, QuoteLink, QuoteStatus
from sales.models.scoring import LeadScoring
from sales.models.webform import ConsentText, FormSubmission, WebForm

__all__ = [
    "Acceptance",
    "AssignmentGroup",
    "AssignmentMember",
    "AssignmentRule",
    "Cadence",
    "CadenceStep",
    "CloseReason",
    "ConsentText",
    "ConversionField",
    "DisqualifyReason",
    "Enrolment",
    "EnrolmentState",
    "ForecastCategory",
    "FormSubmission",
    "Invoice",
    "InvoiceAmount",
    "InvoiceKind",
    "InvoiceStatus",
    "Lead",
    "LeadAssignment",
    "LeadConversion",
    "LeadFile",
    "LeadGroupGrant",
    "LeadModel",
    "LeadScoring",
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
    "PaymentMethod",
    "PaymentPlan",
    "PaymentReminder",
    "PersonalTemplate",
    "Pipeline",
    "Pool",
    "PoolGround",
    "PoolKind",
    "PoolReason",
    "PoolStay",
    "PriceBook",
    "PriceBookEntry",
    "Product",
    "Protection",
    "Quote",
    "QuoteLine",
    "QuoteLink",
    "QuoteStatus",
    "Receipt",
    "ReceiptStatus",
    "RecycleRule",
    "SnoozedAction",
    "Stage",
    "StageHistory",
    "StepKind",
    "StepRun",
    "StopReason",
    "Strategy",
    "TaxRate",
    "TouchKind",
    "WebForm",
]
