"""The reports there are, one module each; importing them declares them."""

from reports.declared import attainment, cycle, forecast, funnel, pipeline, sales, velocity  # noqa: F401 - importing declares
