"""The pages of payment plans and receipts."""

from django.urls import path

from sales.listings.payments import PAYMENTS, RECEIPTS
from sales.views import payments
from sales.views.statements import customer_statement

urlpatterns = [
    path("orders/<int:pk>/plan/", payments.order_plan, name="order_plan"),
    path("orders/<int:pk>/receipt/", payments.order_receipt, name="order_receipt"),
    path("customers/<int:pk>/statement/", customer_statement, name="customer_statement"),
    path("payments/<int:pk>/edit/", payments.payment_edit, name="payment_edit"),
    path("payments/<int:pk>/remove/", payments.payment_remove, name="payment_remove"),
    path("receipts/<int:pk>/edit/", payments.receipt_edit, name="receipt_edit"),
    path("receipts/<int:pk>/confirm/", payments.receipt_confirm, name="receipt_confirm"),
    path("receipts/<int:pk>/void/", payments.receipt_void, name="receipt_void"),
    *PAYMENTS.urls("payments"),
    *RECEIPTS.urls("receipts"),
]
