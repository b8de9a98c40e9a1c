"""How one wants to be told."""

from django import forms

from crm.automation import kinds


class PreferencesForm(forms.Form):
    """Two ticks for each kind of news: in the bell, by e-mail."""

    def __init__(
        self, *args: object, preferences: list[tuple[kinds.Kind, bool, bool]], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kinds = [kind for kind, _in_app, _email in preferences]
        for kind, in_app, email in preferences:
            self.fields[f"{kind.key}_in_app"] = forms.BooleanField(required=False, initial=in_app)
            self.fields[f"{kind.key}_email"] = forms.BooleanField(required=False, initial=email)

    def rows(self) -> list[tuple[kinds.Kind, forms.BoundField, forms.BoundField]]:
        """What the table shows, one line per kind."""
        return [(k, self[f"{k.key}_in_app"], self[f"{k.key}_email"]) for k in self.kinds]

    def ways(self) -> dict[str, tuple[bool, bool]]:
        """The answer in the form the service takes."""
        data = self.cleaned_data
        return {k.key: (data[f"{k.key}_in_app"], data[f"{k.key}_email"]) for k in self.kinds}
