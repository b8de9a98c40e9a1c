"""What the console contributes: the lists of people, teams and events."""

from crm.console.import_listing import IMPORTS
from crm.console.listings import EVENTS, TEAMS, USERS
from crm.core.hooks import hooks

for listing in (USERS, TEAMS, EVENTS, IMPORTS):
    hooks.add_list_page(listing.key, listing)
