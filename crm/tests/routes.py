"""The table of every route: who gets in. A route that is missing here fails the suite."""

from crm.tests.routes_of_cadences import CADENCES
from crm.tests.routes_of_money import MONEY
from crm.tests.routes_of_offers import OFFERS
from crm.tests.routes_of_pools import POOLS
from crm.tests.routing import Route, change, listing, page, public, resource, written
from crm.tests.world import ADMIN, DEAL_READERS, EVERYBODY, LEADERS, PAYMENT_READERS, READERS, SALES

MERGERS = frozenset({"manager1", "director", "admin"})


SIGN_IN = {
    name: public()
    for name in [
        "account_login",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "set_language",
        "preferences",
        "healthz",
    ]
}
PRIVATE = {
    "metrics": Route(elsewhere="by address or token, not by person: test_health"),
    "account_reset_password_from_key": Route(elsewhere="by the key in the mail: test_auth_pages"),
    "account_logout": Route(elsewhere="ends the session it is tried with: test_auth_pages"),
    "account_change_password": Route(),
    **{
        name: Route(elsewhere="part of the second factor: test_second_factor")
        for name in [
            "account_reauthenticate",
            "mfa_reauthenticate",
            "mfa_index",
            "mfa_authenticate",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_reauthenticate_webauthn",
        ]
    },
    **{
        name: Route(elsewhere="security keys of one's own: test_security_keys")
        for name in ["mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"]
    },
    **{
        name: Route(elsewhere="of one's own devices: test_sessions")
        for name in ["settings_sessions", "sessions_end", "session_end"]
    },
    "my_work": Route(),
    "job_detail": page("job", EVERYBODY),
    "job_stop": change("job", EVERYBODY),
    "job_undo": change("job", EVERYBODY),
    "token_revoke": change("token", EVERYBODY),
    "notification_open": change("notification", EVERYBODY),
    "export_detail": page("export", EVERYBODY),
    "export_download": Route(elsewhere="nothing to fetch before it is done: test_export"),
    "export_stop": change("export", EVERYBODY),
    "import_detail": page("import", EVERYBODY),
    "import_status": page("import", EVERYBODY),
    "import_rows": page("import", EVERYBODY),
    "import_mapping": change("import", EVERYBODY),
    "import_sheet": change("import", EVERYBODY),
    "import_mend": change("import", EVERYBODY),
    "contact_card": Route(elsewhere="who may export, and whose: test_contact_cards"),
    "contact_cards": Route(elsewhere="who may export, and whose: test_contact_cards"),
    "import_duplicates": page("import", EVERYBODY),
    "import_leave_out": change("import", EVERYBODY),
    "import_decide": change("import", EVERYBODY, row=1, action="skip"),
    "import_template_use": change("import", EVERYBODY, template="last"),
    "import_template_save": change("import", EVERYBODY, name="mine"),
    "import_template_delete": change("mapping", EVERYBODY),
    "import_commit": change("import", EVERYBODY),
    "import_stop": change("import", EVERYBODY),
    "import_undo": change("import", EVERYBODY),
    "import_errors": Route(elsewhere="nothing to fetch before it is done: test_main_job"),
}
SETTINGS = {
    name: Route()
    for name in [
        "settings",
        "settings_sections",
        "settings_password",
        "settings_display",
        "settings_tokens",
        "covers",
        "notification_preferences",
        "notification_list",
        "search",
    ]
} | {
    "notification_read": Route(method="post"),
    "unsubscribe": Route(elsewhere="by the token in the mail: test_notification_pages"),
    "cover_end": Route(elsewhere="there has to be a cover: test_covers"),
    "recent_add": Route(elsewhere="names its record in the form: test_settings_pages"),
    "star_record": Route(elsewhere="names its record in the form: test_settings_pages"),
    "palette": Route(),
    "welcome": Route(method="post", data={"answer": "hide"}),
    "guide": Route(),
    "help_panel": Route(kwargs={"page": "customer_list"}),
    "pinned_counts": Route(),
    "pinned_arrange": Route(method="post"),
}
ROBOTS = {
    "robots": Route(ADMIN),
    "robot_add": Route(ADMIN),
    "robot_edit": page("robot", ADMIN),
    "robot_try": change("robot", ADMIN),
    "robot_delete": change("robot", ADMIN),
    **resource("group-robots", ADMIN, "robot"),
    "api-group-robots-try-out": change("robot", ADMIN),
}
CUSTOMERS = {
    "customer_create": Route(SALES),
    "customer_derive": Route(SALES),
    "customer_suggest": Route(SALES | {"service1"}),
    "customer_regions": Route(),
    "customer_detail": page("customer"),
    "customer_sheet": page("customer"),
    "customer_pdf": page("customer"),
    "customer_peek": page("customer"),
    "customer_position": page("customer"),
    "customer_why": page("customer"),
    "customer_panel": page("customer", kwargs={"slot": "right", "key": "none"}),
    "customer_edit": page("customer", SALES, reading=False),
    "customer_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    "customer_field": page("customer", SALES, reading=False, kwargs={"name": "name"}),
    "customer_merge": page("customer", MERGERS, reading=False, verb="merge"),
    "data_quality": Route(MERGERS),
    "data_quality_scan": Route(MERGERS, method="post"),
    "pair_decide": Route(elsewhere="reached by either side: test_duplicate_scan"),
    "merge_undo": Route(elsewhere="reached by the customer that stayed: test_merging"),
    "customer_transfer": page("customer", SALES | {"exec"}, reading=False, verb="transfer"),
    "customer_share": page("customer", SALES, reading=False, verb="share"),
    "customer_unshare": Route(elsewhere="takes two ids: test_customer_pages"),
    "customer_lifecycle": page("customer", SALES, reading=False),
    "customer_first_deal": page("customer", ADMIN, reading=False),
    "customer_tags": page("customer", SALES, reading=False),
    "customer_highlights": page("customer", SALES, reading=False),
    "customer_delete": change("customer", verb="delete"),
    "customer_restore": Route(elsewhere="the record lies in the bin: test_record_verbs"),
    "contact_create": page("customer", SALES, reading=False),
    "contact_detail": page("contact"),
    "contact_follow_ups": page("contact"),
    "contact_panel": page("contact", kwargs={"slot": "right", "key": "none"}),
    "contact_edit": page("contact", SALES | {"service1"}, reading=False),
    "contact_delete": change("contact", verb="delete"),
    "contact_restore": Route(elsewhere="the record lies in the bin: test_contact_bin"),
    "contact_primary": change("contact"),
    "contact_link": page("contact", SALES | {"service1"}, reading=False),
    "contact_unlink": Route(elsewhere="takes two ids: test_customer_pages"),
    **listing("customer", READERS),
    **listing("customer_bin", READERS),
    **listing("contact", READERS),
    **listing("contact_bin", READERS),
}
LEAD_EDITORS = SALES | {"marketing1", "marketing2"}
LEADS = {
    "web_form": public(),
    "web_form_thanks": public(),
    "web_form_embed": public(),
    "web_forms": Route(ADMIN),
    "web_form_new": Route(ADMIN),
    "web_form_edit": page("webform", ADMIN),
    **resource("forms", ADMIN, "webform"),
    "lead_conversion": Route(ADMIN),
    "lead_score": Route(ADMIN),
    "lead_create": Route(LEAD_EDITORS),
    "lead_suggest": Route(LEAD_EDITORS),
    "lead_detail": page("lead", LEADERS),
    "lead_position": page("lead", LEADERS),
    "lead_panel": page("lead", LEADERS, kwargs={"slot": "right", "key": "none"}),
    "lead_why": page("lead", LEADERS),
    "lead_timeline": page("lead", LEADERS),
    "lead_edit": page("lead", LEAD_EDITORS, reading=False),
    "lead_field": page("lead", LEAD_EDITORS, reading=False, kwargs={"name": "company"}),
    "lead_field_undo": Route(elsewhere="only after an edit of one's own: test_lead_pages"),
    "lead_follow_up": page("lead", SALES),
    "lead_move": change("lead", LEAD_EDITORS, to="working"),
    "lead_disqualify": page("lead", LEAD_EDITORS, reading=False),
    "lead_convert": page("lead", SALES, reading=False),
    "lead_unconvert": change("lead", ADMIN),
    "lead_transfer": page("lead", SALES | {"exec", "marketing1"}, reading=False, verb="transfer"),
    "lead_share": page("lead", SALES, reading=False, verb="share"),
    "lead_unshare": Route(elsewhere="takes two ids: test_lead_pages"),
    "lead_delete": page("lead", SALES, reading=False, verb="delete"),
    "lead_restore": Route(elsewhere="the record lies in the bin: test_record_verbs"),
    **listing("lead", LEADERS),
    **listing("lead_bin", LEADERS),
    **resource("leads", LEADERS, "lead"),
    "api-leads-convert": change("lead", SALES),
    "api-leads-unconvert": change("lead", ADMIN),
    "api-leads-reveal": Route(elsewhere="asks for a masked field: test_account_api"),
}
OPPORTUNITIES = {
    **listing("opportunity", DEAL_READERS),
    **listing("opportunity_bin", DEAL_READERS),
    "opportunity_create": Route(SALES),
    "opportunity_board": Route(DEAL_READERS),
    "opportunity_board_filters": Route(DEAL_READERS),
    "board_target": Route(DEAL_READERS),
    "opportunity_board_heads": Route(DEAL_READERS),
    "opportunity_board_column": Route(elsewhere="columns are everybody's, cards are not: test_board_pages"),
    **{
        f"opportunity_{what}": page("opportunity", DEAL_READERS)
        for what in ("detail", "position", "why", "timeline")
    },
    "opportunity_panel": page("opportunity", DEAL_READERS, kwargs={"slot": "right", "key": "none"}),
    "opportunity_follow_up": page("opportunity", SALES),
    "opportunity_field": page("opportunity", SALES, reading=False, kwargs={"name": "name"}),
    "opportunity_field_undo": Route(elsewhere="only after an edit of one's own: test_field_undo"),
    **{
        f"opportunity_{what}": page("opportunity", SALES, reading=False)
        for what in ("edit", "move", "win", "lose", "invalid")
    },
    "opportunity_unmove": change("opportunity"),
    "opportunity_reopen": change("opportunity"),
    "opportunity_take_signed": change("opportunity"),
    "opportunity_transfer": page("opportunity", SALES | {"exec"}, reading=False, verb="transfer"),
    "opportunity_delete": change("opportunity", verb="delete"),
    "opportunity_restore": Route(elsewhere="the record lies in the bin: test_record_verbs"),
    "pipelines": Route(ADMIN),
    "pipeline_add": Route(ADMIN),
    "pipeline_edit": page("pipeline", ADMIN),
    "pipeline_delete": change("pipeline", ADMIN),
    "stage_add": page("pipeline", ADMIN),
    "stage_edit": page("stage", ADMIN),
    "stage_delete": page("stage", ADMIN),
    "stage_place": change("stage", ADMIN, to="up"),
    **resource("pipelines", LEADERS, "pipeline"),
    **resource("stages", LEADERS, "stage"),
    **resource("opportunities", DEAL_READERS, "opportunity"),
    **{
        f"api-opportunities-{what}": change("opportunity") for what in ("move", "win", "invalidate", "reopen")
    },
    "api-opportunities-lose": change("opportunity", reason="price"),
    "api-opportunities-timeline": page("opportunity", DEAL_READERS),
    "api-opportunities-reveal": Route(elsewhere="asks for a masked field: test_account_api"),
}
FOLLOW_UPS = {
    "today": Route(),
    "people_suggest": Route(SALES | {"service1"}),
    "customer_timeline": page("customer"),
    "customer_follow_up": page("customer", SALES | {"service1"}),
    "customer_mentions": page("customer", SALES | {"service1"}, method="post"),
    "customer_share_mentioned": change("customer", verb="share"),
    "activity_create": Route(SALES | {"service1"}),
    "follow_up_write": Route(SALES | {"service1"}),
    "activity_detail": page("activity", SALES | {"exec"}),
    "activity_complete": page("activity", SALES, reading=False),
    "activity_move": page("activity", SALES, reading=False),
    "activity_move_back": change("activity"),
    "activity_undo": written(),
    "activity_cancel": change("activity"),
    "activity_pin": Route(SALES, "activity", reading=False, method="post", above=True),
    "activity_edit": written("get"),
    "activity_delete": written(),
    "activity_restore": Route(elsewhere="the record lies in the bin: test_activity_pages"),
    "upload_new": Route(LEAD_EDITORS | {"exec", "service1", "finance1"}, method="post"),
    "upload_discard": Route(elsewhere="one's own draft: test_file_uploads"),
    "record_files": page("customer", kwargs={"kind": "customers"}, posting=SALES | {"exec"}),
    **{
        name: Route(elsewhere="takes a record and a file: test_record_files")
        for name in [
            "record_file",
            "record_file_thumbnail",
            "record_file_picture",
            "record_file_download",
            "record_file_delete",
            "record_file_restore",
            "record_file_purge",
        ]
    },
    **listing("activity", SALES | {"exec", "service1"}),
}
EXCEL = {
    "import_new": Route(SALES | {"exec", "marketing1", "finance1"}),  # targets, leads and receipts
    "import_template": Route(elsewhere="one per resource one may import: test_import_pages"),
    "export_new": Route(elsewhere="names its list in the form: test_export"),
    **listing("import", EVERYBODY),
}
PLATFORM = {
    **{
        name: Route(ADMIN)
        for name in ["organisation", "organisation_template", "roles", "company", "calendar"]
    },
    **{name: Route(ADMIN) for name in ["tags", "first_run", "fields", "system"]},
    "system_retry": Route(
        ADMIN,
        method="post",
        kwargs={"kind": "job", "pk": 999_999},
        elsewhere="nothing has failed in the table's world: test_system_page",
    ),
    **{name: Route(ADMIN, method="post") for name in ["fields_arrange", "field_add", "section_add"]},
    "field_edit": page("field", ADMIN),
    "field_archive": change("field", ADMIN),
    "field_restore": change("field", ADMIN),
    "section_edit": page("section", ADMIN),
    "section_delete": change("section", ADMIN),
    **{
        name: Route(ADMIN, method="post")
        for name in ["organisation_import", "organisation_confirm", "member_add"]
    },
    **{name: Route(ADMIN, method="post") for name in ["team_add", "role_add", "tag_add"]},
    **{name: Route(ADMIN, method="post") for name in ["calendar_hours", "calendar_day", "calendar_import"]},
    "member_save": change("user", ADMIN),
    "member_preview": change("user", ADMIN),
    "member_password": change("user", ADMIN),
    "member_sessions": change("user", ADMIN),
    "member_second_factor": change("user", ADMIN),
    "member_leave": page("user", ADMIN),
    "member_leave_preview": change("user", ADMIN),
    "hand_over": Route(elsewhere="written when somebody leaves: test_organisation_pages"),
    "member_return": change("user", ADMIN),
    "member_move": Route(elsewhere="names a person and a team: test_organisation_pages"),
    "access_add": change("user", ADMIN),
    "access_withdraw": Route(elsewhere="takes two ids: test_organisation_pages"),
    "team_edit": change("team", ADMIN),
    "team_delete": change("team", ADMIN),
    "team_move": Route(elsewhere="names two teams: test_organisation_pages"),
    "field_reveal": Route(elsewhere="takes a kind, an id and a field: test_field_rights"),
    "role_edit": Route(ADMIN, kwargs={"slug": "salesperson"}),
    "role_delete": Route(ADMIN, method="post", kwargs={"slug": "salesperson"}),
    "tag_edit": change("tag", ADMIN),
    "tag_delete": change("tag", ADMIN),
    **listing("user", EVERYBODY),
    **listing("team", EVERYBODY),
    **listing("event", ADMIN),
    # Who reaches one request, and what they may do with it, depends on who is asked.
    "approvals": Route(),
    "approval_flows": Route(ADMIN),
    "approval_flow_try": Route(ADMIN),
    "approval_flow_add": Route(elsewhere="of one kind of record: test_approval_flows"),
    **{
        f"approval_flow_{name}": Route(elsewhere="there has to be a flow: test_approval_flows")
        for name in ["edit", "move", "delete"]
    },
    "approval_delegations": Route(frozenset({"exec", "director", "manager1", "finance1", "marketing1"})),
    **{
        f"approval_{name}": Route(elsewhere="by who is asked, not by role: test_approval_pages")
        for name in [
            "detail",
            "approve",
            "take_back",
            "withdraw",
            "nudge",
            "reject",
            "return",
            "transfer",
            "signer",
            "copy",
            "comment",
            "of_record",
            "delegation_end",
        ]
    },
    **listing("approval", EVERYBODY),
}
API = {
    "api-root": Route(),
    "api-schema": public(),
    "api-docs": public(),
    **resource("users", EVERYBODY, "user"),
    **resource("teams", EVERYBODY, "team"),
    **resource("roles", EVERYBODY, "role"),
    **resource("tags", EVERYBODY, "tag"),
    **resource("events", ADMIN, "event"),
    **resource("custom-fields", ADMIN, "field"),
    **resource("record-sections", ADMIN, "section"),
    "api-users-leave": change("user", ADMIN),
    "api-users-leave-preview": change("user", ADMIN),
    "api-users-end-sessions": change("user", ADMIN),
    "api-users-reset-second-factor": change("user", ADMIN),
    "api-sessions-list": Route(),
    "api-sessions-detail": Route(elsewhere="of one's own devices: test_account_api"),
    "api-sessions-end-others": Route(method="post"),
    "api-covers-list": Route(),
    "api-covers-detail": Route(elsewhere="there has to be a cover: test_account_api"),
    "api-customers-reveal": Route(elsewhere="asks for a masked field: test_account_api"),
    "api-contacts-reveal": Route(elsewhere="asks for a masked field: test_account_api"),
    "api-custom-fields-restore": change("field", ADMIN),
    **resource("customers", READERS, "customer"),
    **resource("contacts", READERS, "contact"),
    **resource("imports", EVERYBODY, "import"),
    "api-import-templates-list": Route(),
    "api-import-templates-detail": Route(elsewhere="only DELETE, of one's own: test_import_templates"),
    **resource("exports", EVERYBODY, "export"),
    "api-customers-check-duplicates": Route(SALES, method="post"),
    "api-customers-merge": Route(elsewhere="names the other one in the body: test_merging"),
    "api-customers-unmerge": Route(elsewhere="there has to be a merge: test_merging"),
    "api-customers-transfer": change("customer", SALES | {"exec"}, verb="transfer"),
    **resource("activities", SALES | {"exec", "service1"}, "activity"),
    "api-customers-timeline": page("customer"),
    "api-customers-share": change("customer", verb="share"),
    "api-record-files-list": page("customer", kwargs={"kind": "customers"}, posting=SALES | {"exec"}),
    **{
        name: Route(elsewhere="takes a record and a file: test_record_file_api")
        for name in ["api-record-files-detail", "api-record-files-download", "api-record-files-restore"]
    },
    "api-customers-unshare": change("customer", verb="share"),
    "api-imports-commit": change("import", EVERYBODY),
    "api-imports-stop": change("import", EVERYBODY),
    "api-imports-undo": change("import", EVERYBODY),
    "api-imports-mend": change("import", EVERYBODY),
    "api-contacts-card": Route(elsewhere="who may export, and whose: test_contact_cards"),
    "api-contacts-cards": Route(elsewhere="who may export, and whose: test_contact_cards"),
    "api-imports-rows": page("import", EVERYBODY),
    "api-imports-leave-out": change("import", EVERYBODY),
    "api-imports-decide": change("import", EVERYBODY, row=1, action="skip"),
    "api-imports-remap": change("import", EVERYBODY),
    "api-imports-errors": Route(elsewhere="nothing to fetch before it is done: test_import_api"),
    "api-exports-download": Route(elsewhere="nothing to fetch before it is done: test_import_api"),
    "api-exports-stop": change("export", EVERYBODY),
    "api-approval-flows-list": Route(elsewhere="of administrators: test_approval_flows"),
    "api-approval-flows-detail": Route(elsewhere="of administrators: test_approval_flows"),
    "api-approval-flows-dry-run": Route(elsewhere="of administrators: test_approval_flows"),
    **{
        f"api-approvals-{name}": Route(elsewhere="by who is asked, not by role: test_approval_api")
        for name in [
            "list",
            "detail",
            "approve",
            "reject",
            "send-back",
            "withdraw",
            "transfer",
            "add-signer",
            "take-back",
            "nudge",
            "copy",
            "comment",
        ]
    },
}
SALES_LEADERS = frozenset({"manager1", "director", "admin", "exec"})
REPORTS = {
    "report_list": Route(),
    **listing("quota", DEAL_READERS),
    "quota_enter": Route(SALES_LEADERS),
    **{
        name: Route(elsewhere="the rows are of those one leads: test_quotas")
        for name in ("api-quotas-list", "api-quotas-detail")
    },
    "dashboard": Route(DEAL_READERS),
    "forecast": Route(DEAL_READERS),
    "forecast_call": Route(DEAL_READERS, method="post"),
    "report_detail": Route(DEAL_READERS, kwargs={"slug": "pipeline"}),
    "api-reports-list": Route(DEAL_READERS | PAYMENT_READERS),
    "api-reports-detail": Route(DEAL_READERS, kwargs={"slug": "pipeline"}),
}
ROUTES: dict[str, Route] = {
    **SIGN_IN,
    **PRIVATE,
    **SETTINGS,
    **ROBOTS,
    **CUSTOMERS,
    **LEADS,
    **OPPORTUNITIES,
    **OFFERS,
    **MONEY,
    **FOLLOW_UPS,
    **EXCEL,
    **PLATFORM,
    **API,
    **REPORTS,
    **POOLS,
    **CADENCES,
}
