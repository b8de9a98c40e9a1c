"""Excel out: exactly a list's rows and columns as xlsx or csv, within the caps of the reader's role."""

from .responses import respond

__all__ = ["respond"]
