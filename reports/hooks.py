"""What reports contribute downwards: importing declares them."""

from reports import declared  # noqa: F401 - importing declares
