"""The reports there are, one module each; importing them declares them."""

from reports.declared import (  # noqa: F401 - importing declares
    attainment,
    cycle,
    forecast,
    funnel,
    pipeline,
    receivables,
    sales,
    velocity,
)
