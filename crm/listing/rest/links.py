"""Where a list goes on."""

from rest_framework.request import Request


def following(request: Request, **parameters: object) -> str | None:
    """The address of this request with other parameters: the next page, or the one before; none where there is none."""
    if not all(parameters.values()):
        return None
    query = request.query_params.copy()
    for name, value in parameters.items():
        query[name] = str(value)
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
