"""The routes of products, quotes, orders and what administrators set for them: a part of the table of every route."""

from crm.tests.routing import Route, change, listing, page, resource
from crm.tests.world import ADMIN, DEAL_READERS, EVERYBODY, MANAGERS, ORDER_READERS, SALES

BOOK_READERS = frozenset(SALES | {"exec", "finance1"})
OFFERS = {
    **listing("quote", DEAL_READERS),
    **listing("quote_bin", DEAL_READERS),
    **{f"quote_{what}": page("quote", DEAL_READERS) for what in ("detail", "position", "why")},
    "quote_pdf": page("quote", DEAL_READERS - {"marketing1"}),  # it has the lines
    "quote_panel": page("quote", DEAL_READERS, kwargs={"slot": "right", "key": "none"}),
    "quote_create": Route(SALES),
    "quote_field": page("quote", SALES, reading=False, kwargs={"name": "name"}),
    "quote_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    **{
        f"quote_{what}": page("quote", SALES, reading=False)
        for what in ("edit", "lines", "send", "answer", "order")
    },
    **{f"quote_{what}": change("quote") for what in ("revise", "reopen", "revoke")},
    "quote_copy": Route(SALES, "quote", method="post"),
    "quote_transfer": page("quote", SALES | {"exec"}, reading=False, verb="transfer"),
    "quote_delete": page("quote", SALES, reading=False, verb="delete"),
    "quote_restore": Route(elsewhere="the record lies in the bin: test_record_verbs"),
    "public_quote": Route(public=True, elsewhere="by the token in the link: test_quote_pages"),
    "public_quote_pdf": Route(public=True, elsewhere="by the token in the link: test_quote_pages"),
    **resource("quotes", DEAL_READERS, "quote"),
    **{
        f"api-quotes-{what}": change("quote")
        for what in ("send", "accept", "decline", "revise", "make-order")
    },
    **listing("order", ORDER_READERS),
    **listing("order_bin", ORDER_READERS),
    **{f"order_{what}": page("order", ORDER_READERS) for what in ("detail", "position", "why")},
    "order_pdf": page("order", ORDER_READERS - {"service1"}),  # it has the amounts
    "order_panel": page("order", ORDER_READERS, kwargs={"slot": "right", "key": "none"}),
    "order_create": Route(SALES),
    "order_field": page("order", SALES, reading=False, kwargs={"name": "note"}),
    "order_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    **{
        f"order_{what}": page("order", SALES, reading=False)
        for what in ("edit", "lines", "sign", "amend", "terminate", "void")
    },
    **{f"order_{what}": change("order") for what in ("reopen", "fulfil", "complete", "renew")},
    "order_transfer": page("order", SALES | {"exec"}, reading=False, verb="transfer"),
    "order_delete": page("order", SALES, reading=False, verb="delete"),
    "order_restore": Route(elsewhere="the record lies in the bin: test_record_verbs"),
    **resource("orders", ORDER_READERS, "order"),
    **{
        f"api-orders-{what}": change("order")
        for what in ("sign", "fulfil", "complete", "amend", "terminate", "void", "renew")
    },
    **listing("product", EVERYBODY),
    **listing("product_bin", EVERYBODY),
    **{f"product_{what}": page("product", EVERYBODY) for what in ("detail", "position", "why")},
    "product_panel": page("product", EVERYBODY, kwargs={"slot": "right", "key": "none"}),
    "product_create": Route(MANAGERS),
    "product_edit": page("product", MANAGERS),
    "product_field": page("product", MANAGERS, kwargs={"name": "unit"}),
    "product_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    "product_delete": page("product", MANAGERS),
    "product_restore": Route(elsewhere="the record lies in the bin: test_record_verbs"),
    **resource("products", EVERYBODY, "product"),
    **listing("pricebook", BOOK_READERS),
    **{f"pricebook_{what}": page("pricebook", BOOK_READERS) for what in ("detail", "position", "why")},
    "pricebook_panel": page("pricebook", BOOK_READERS, kwargs={"slot": "right", "key": "none"}),
    "pricebook_create": Route(MANAGERS),
    "pricebook_field": page("pricebook", MANAGERS, kwargs={"name": "currency"}),
    "pricebook_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    **{f"pricebook_{what}": page("pricebook", MANAGERS) for what in ("edit", "price", "delete")},
    **resource("price-books", BOOK_READERS, "pricebook"),
    "api-price-books-prices": page("pricebook", BOOK_READERS, posting=MANAGERS),
    "opportunity_lines": page("opportunity", SALES, reading=False),
    **{name: Route(ADMIN) for name in ("numbering", "letterhead", "tax_rates", "tax_rate_add")},
    "numbering_edit": page("numberrule", ADMIN),
    "tax_rate_edit": page("taxrate", ADMIN),
}
