"""Excel in: from an uploaded file to records, with every row accounted for (docs/operations.md, Import)."""
