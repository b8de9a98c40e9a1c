"""Excel out: exactly a list's rows and columns as xlsx or csv, within the caps of the reader's role."""

from .respond import respond

__all__ = ["respond"]
