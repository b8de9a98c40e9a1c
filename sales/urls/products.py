"""The pages of products and price books, and of what a deal is about."""

from django.urls import path

from sales.listings.products import PRICE_BOOKS, PRODUCT_BIN, PRODUCTS
from sales.pages.products import PRICE_BOOK_PAGE, PRODUCT_PAGE
from sales.views import products

urlpatterns = [
    path("products/new/", products.product_create, name="product_create"),
    path("products/price-books/new/", products.pricebook_create, name="pricebook_create"),
    path("products/price-books/<int:pk>/price/", products.pricebook_price, name="pricebook_price"),
    path("opportunities/<int:pk>/lines/", products.opportunity_lines, name="opportunity_lines"),
    *PRICE_BOOK_PAGE.urls("products/price-books"),
    *PRICE_BOOKS.urls("products/price-books"),
    *PRODUCT_PAGE.urls("products"),
    *PRODUCT_BIN.urls("products/bin"),
    *PRODUCTS.urls("products"),
]
