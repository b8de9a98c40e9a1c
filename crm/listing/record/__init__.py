"""The page of one record, declared like its list: facts edited in place with undo, position in the list, who sees it."""

from crm.listing.record.declare import RecordPage

__all__ = ["RecordPage"]
