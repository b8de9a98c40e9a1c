"""Pure arithmetic of reports: periods, targets, learned odds. No ORM, no clock."""
