"""Pages of reports, targets, forecasts and dashboards."""
