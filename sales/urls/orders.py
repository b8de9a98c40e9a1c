"""The pages of orders and contracts."""

from django.urls import path

from sales.listings.orders import ORDER_BIN, ORDERS
from sales.pages.orders import ORDER_PAGE
from sales.views import orders

VERBS = {
    "lines": orders.order_lines,
    "reopen": orders.order_reopen,
    "sign": orders.order_sign,
    "fulfil": orders.order_fulfil,
    "complete": orders.order_complete,
    "amend": orders.order_amend,
    "terminate": orders.order_terminate,
    "void": orders.order_void,
    "renew": orders.order_renew,
}

urlpatterns = [
    path("orders/new/", orders.order_create, name="order_create"),
    path("orders/<int:pk>/contract.pdf", orders.order_pdf, name="order_pdf"),
    *(path(f"orders/<int:pk>/{what}/", view, name=f"order_{what}") for what, view in VERBS.items()),
    *ORDER_PAGE.urls("orders"),
    *ORDER_BIN.urls("orders/bin"),
    *ORDERS.urls("orders"),
]
