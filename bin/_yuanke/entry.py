"""How each command in bin/ begins and how it fails."""

from __future__ import annotations

import sys
from collections.abc import Callable

from .steps import StepFailed, report


def start(main: Callable[[list[str]], int]) -> None:
    """Run a command; a failed step explains itself instead of a traceback."""
    try:
        code = main(sys.argv[1:])
    except StepFailed as failed:
        report(failed)
        code = 1
    except OSError as error:
        report(StepFailed(f"{error.strerror or error}: {error.filename or ''}".rstrip(": ")))
        code = 1
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
