"""The routes of payment plans, receipts and invoices: a part of the table of every route."""

from crm.tests.routing import Route, change, listing, page, resource
from crm.tests.world import PAYMENT_READERS

FINANCE = frozenset({"finance1"})
DRAFTED = "drafts are corrected by who may draft them: test_payment_pages"
DRAFTED_API = "drafts are corrected by who may draft them: test_payment_api"
BILLED = "who edits orders bills those, finance all it sees: test_payment_pages"
MONEY = {
    **listing("payment", PAYMENT_READERS),
    **listing("receipt", PAYMENT_READERS),
    "customer_statement": page("customer", PAYMENT_READERS),
    "order_plan": Route(elsewhere=BILLED),
    "order_receipt": Route(elsewhere=BILLED),
    "payment_edit": Route(elsewhere=DRAFTED),
    "payment_remove": Route(elsewhere=DRAFTED),
    "receipt_edit": Route(elsewhere=DRAFTED),
    "receipt_confirm": change("receipt", FINANCE, verb="confirm"),
    "receipt_void": Route(elsewhere=DRAFTED),
    "api-payment-plans-list": Route(PAYMENT_READERS, of="paymentplan"),
    "api-payment-plans-detail": Route(elsewhere=DRAFTED_API),
    "api-receipts-list": Route(PAYMENT_READERS, of="receipt"),
    "api-receipts-detail": Route(elsewhere=DRAFTED_API),
    "api-receipts-confirm": change("receipt", FINANCE, verb="confirm"),
    "api-receipts-void": Route(elsewhere=DRAFTED_API),
    **listing("invoice", PAYMENT_READERS),
    "invoice_detail": page("invoice", PAYMENT_READERS),
    "invoice_position": page("invoice", PAYMENT_READERS),
    "invoice_why": page("invoice", PAYMENT_READERS),
    "invoice_panel": page("invoice", PAYMENT_READERS, kwargs={"slot": "right", "key": "none"}),
    "invoice_edit": page("invoice", FINANCE, reading=False),
    "invoice_field": page("invoice", FINANCE, reading=False, kwargs={"name": "note"}),
    "invoice_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    "order_invoice": Route(elsewhere="who bills an order asks for its invoices: test_invoices"),
    "invoice_withdraw": Route(elsewhere="who applied takes it back: test_invoices"),
    **{
        f"invoice_{verb}": page("invoice", FINANCE, reading=False, verb="issue")
        for verb in ("issue", "deliver", "reject", "void", "reverse")
    },
    **resource("invoices", PAYMENT_READERS, "invoice"),
    "api-invoices-withdraw": Route(elsewhere="who applied takes it back: test_invoices"),
    "api-invoices-issue": change("invoice", FINANCE, verb="issue", number="1"),
    "api-invoices-deliver": change("invoice", FINANCE, verb="issue"),
    **{
        f"api-invoices-{verb}": change("invoice", FINANCE, verb="issue", reason="x", number="1")
        for verb in ("reject", "void", "reverse")
    },
}
