"""Reading what API clients send."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class DecentJSONParser(JSONParser):
    """JSON, but not nested so deeply that reading it exhausts the stack."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError(_("This is nested too deeply.")) from error
