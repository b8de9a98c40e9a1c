"""What somebody mended in a file, applied to its rows as they are read."""

from __future__ import annotations

from crm.records.models import ImportJob


def mended_cells(job: ImportJob, number: int, cells: list[str]) -> list[str]:
    """The cells of a row as somebody mended them: a text replaced in its whole column, or this one cell."""
    texts, single = job.mended.get("texts", {}), job.mended.get("cells", {}).get(str(number), {})
    if not texts and not single:
        return cells
    found = list(cells)
    for index, replacements in texts.items():
        position = int(index)
        if position < len(found) and found[position].strip() in replacements:
            found[position] = replacements[found[position].strip()]
    for index, text in single.items():
        found += [""] * (int(index) + 1 - len(found))
        found[int(index)] = text
    return found
