"""How the forms of accounts answer when somebody is there already."""

from accounts.services import DuplicatesFound
from accounts.views.duplicates import refused
from crm.listing import answers

REFUSALS: answers.Refusals = {
    DuplicatesFound: lambda form, error: {"refusal": "accounts/_duplicates.html"} | refused(form, error)
}
