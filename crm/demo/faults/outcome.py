"""What one fault reports: what was done how often, and what the tables said afterwards."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Outcome:
    """The account of one fault; whatever is counted as lost, doubled or half-written breaks a promise."""

    done: str
    """What was done, in a few words."""
    counts: dict[str, int | float] = field(default_factory=dict)
    """How often, on how many rows, in how many seconds."""
    lost: int = 0
    doubled: int = 0
    half_written: int = 0
    broken: list[str] = field(default_factory=list)
    """Every other promise that was not kept, in words."""

    def check(self, kept: bool, otherwise: str) -> None:
        """Note a promise that was not kept."""
        if not kept:
            self.broken.append(otherwise)

    @property
    def kept(self) -> bool:
        """Whether the system survived the fault as promised."""
        return not (self.lost or self.doubled or self.half_written or self.broken)

    def as_json(self) -> dict[str, Any]:
        """The account as it stands in the file of `--json`."""
        return asdict(self) | {"kept": self.kept}
