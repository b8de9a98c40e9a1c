"""The routes of payment plans and receipts: a part of the table of every route."""

from crm.tests.routing import Route, change, listing, page, resource
from crm.tests.world import PAYMENT_READERS

FINANCE = frozenset({"finance1"})
BILLED = "who edits orders bills those, finance all it sees: test_payment_pages"
MONEY = {
    **listing("payment", PAYMENT_READERS),
    **listing("receipt", PAYMENT_READERS),
    "order_plan": Route(elsewhere=BILLED),
    "order_receipt": Route(elsewhere=BILLED),
    "payment_edit": page("paymentplan", FINANCE, reading=False),
    "payment_remove": page("paymentplan", FINANCE, reading=False, verb="delete"),
    "receipt_edit": page("receipt", FINANCE, reading=False),
    "receipt_confirm": change("receipt", FINANCE, verb="confirm"),
    "receipt_void": page("receipt", FINANCE, reading=False),
    **resource("payment-plans", PAYMENT_READERS, "paymentplan"),
    **resource("receipts", PAYMENT_READERS, "receipt"),
    "api-receipts-confirm": change("receipt", FINANCE, verb="confirm"),
    "api-receipts-void": change("receipt", FINANCE, reason="x"),
}
