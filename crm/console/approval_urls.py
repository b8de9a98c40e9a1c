"""Routes of approvals: the inbox, one request and what is done with it, delegations, and the flows in the settings."""

from django.urls import path

from crm.console.approval_listing import APPROVALS
from crm.console.views import approval_acts as acts
from crm.console.views import approval_flows as flows
from crm.console.views import approvals

urlpatterns = [
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/delegations/", acts.delegations, name="approval_delegations"),
    path("approvals/delegations/<int:pk>/end/", acts.delegation_end, name="approval_delegation_end"),
    path("approvals/of/<slug:key>/<int:pk>/", approvals.of_record, name="approval_of_record"),
    *APPROVALS.urls("approvals/all"),
    path("approvals/<int:pk>/", approvals.detail, name="approval_detail"),
    path("approvals/<int:pk>/approve/", approvals.approve, name="approval_approve"),
    path("approvals/<int:pk>/take-back/", approvals.take_back, name="approval_take_back"),
    path("approvals/<int:pk>/withdraw/", approvals.withdraw, name="approval_withdraw"),
    path("approvals/<int:pk>/nudge/", approvals.nudge, name="approval_nudge"),
    path("approvals/<int:pk>/reject/", acts.reject, name="approval_reject"),
    path("approvals/<int:pk>/return/", acts.send_back, name="approval_return"),
    path("approvals/<int:pk>/transfer/", acts.transfer, name="approval_transfer"),
    path("approvals/<int:pk>/signer/", acts.add_signer, name="approval_signer"),
    path("approvals/<int:pk>/copy/", acts.copy_to, name="approval_copy"),
    path("approvals/<int:pk>/comment/", acts.comment, name="approval_comment"),
    path("settings/approvals/", flows.flows, name="approval_flows"),
    path("settings/approvals/add/", flows.flow_edit, name="approval_flow_add"),
    path("settings/approvals/try/", flows.dry_run, name="approval_flow_try"),
    path("settings/approvals/<int:pk>/", flows.flow_edit, name="approval_flow_edit"),
    path("settings/approvals/<int:pk>/move/", flows.flow_move, name="approval_flow_move"),
    path("settings/approvals/<int:pk>/delete/", flows.flow_delete, name="approval_flow_delete"),
]
