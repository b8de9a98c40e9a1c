"""What happens to approvals, and how the timeline of the record says it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.approvals.registry import kind_of
from crm.core.languages import in_reader_language
from crm.events.catalogue import event
from crm.events.models import Event


def _with_comment(said: str, e: Event) -> str:
    comment = e.payload.get("comment")
    return _("%(what)s: %(comment)s") % {"what": said, "comment": comment} if comment else said


def _title(e: Event) -> str:
    """What it was about, in the reader's language."""
    return str(in_reader_language(e.payload.get("said") or e.payload.get("title", "")))


def _submitted(e: Event) -> str:
    said = _("Submitted for approval: %(title)s") % {"title": _title(e)}
    return _with_comment(said, e)


def _agreed(e: Event) -> str:
    if name := e.payload.get("instead_of"):
        return _with_comment(_("Approved in place of %(name)s") % {"name": name}, e)
    return _with_comment(_("Approved by %(name)s") % {"name": e.who}, e)


def _approved(e: Event) -> str:
    return _("Approval given: %(title)s") % {"title": _title(e)}


def _rejected(e: Event) -> str:
    return _with_comment(_("Rejected by %(name)s") % {"name": e.who}, e)


def _returned(e: Event) -> str:
    if step := e.payload.get("step"):
        kind = kind_of(e.payload.get("kind", ""))
        step = kind.named(step) if kind else step
        return _with_comment(_("Sent back to “%(step)s”") % {"step": step}, e)
    return _with_comment(_("Sent back to %(name)s") % {"name": e.payload.get("to", "")}, e)


def _withdrawn(e: Event) -> str:
    return _with_comment(_("Approval withdrawn"), e)


def _passed_on(e: Event) -> str:
    return _with_comment(_("Passed on to %(name)s") % {"name": e.payload.get("to", "")}, e)


def _signer(e: Event) -> str:
    return _with_comment(_("%(name)s is asked as well") % {"name": e.payload.get("to", "")}, e)


def _moved_up(e: Event) -> str:
    names = {"name": e.payload.get("to", ""), "before": e.payload.get("from", "")}
    if e.payload.get("why") == "left":
        return _("%(before)s has left: %(name)s is asked instead") % names
    return _("%(before)s did not answer: %(name)s is asked instead") % names


def _copied(e: Event) -> str:
    return _("Copied to %(name)s") % {"name": e.payload.get("to", "")}


def _commented(e: Event) -> str:
    return _with_comment(e.who, e)


def _not_needed(e: Event) -> str:
    return _("No approval needed: %(title)s") % {"title": _title(e)}


SUBMITTED = event("approval.submitted", gettext_lazy("Submitted for approval"), sentence=_submitted)
NOT_NEEDED = event("approval.not_needed", gettext_lazy("No approval needed"), sentence=_not_needed)
ASKED = event("approval.asked", gettext_lazy("Asked for approval"), timeline=False)
AGREED = event("approval.agreed", gettext_lazy("Step approved"), sentence=_agreed)
APPROVED = event("approval.approved", gettext_lazy("Approval given"), sentence=_approved)
REJECTED = event("approval.rejected", gettext_lazy("Approval rejected"), sentence=_rejected)
RETURNED = event("approval.returned", gettext_lazy("Approval sent back"), sentence=_returned)
WITHDRAWN = event("approval.withdrawn", gettext_lazy("Approval withdrawn"), sentence=_withdrawn)
TAKEN_BACK = event("approval.taken_back", gettext_lazy("Decision taken back"))
TRANSFERRED = event("approval.transferred", gettext_lazy("Approval passed on"), sentence=_passed_on)
SIGNER_ADDED = event("approval.signer_added", gettext_lazy("Approver added"), sentence=_signer)
MOVED_UP = event("approval.moved_up", gettext_lazy("Approval passed up"), sentence=_moved_up)
REMINDED = event("approval.reminded", gettext_lazy("Approver reminded"), timeline=False)
NUDGED = event("approval.nudged", gettext_lazy("Approver nudged"))
COPIED = event("approval.copied", gettext_lazy("Approval copied"), sentence=_copied)
COMMENTED = event("approval.commented", gettext_lazy("Approval commented"), sentence=_commented)
DELEGATED = event("approval.delegated", gettext_lazy("Approvals delegated"), timeline=False)
DELEGATION_ENDED = event(
    "approval.delegation_ended", gettext_lazy("Delegation of approvals ended"), timeline=False
)
FLOW_SAVED = event("approval_flow.saved", gettext_lazy("Approval flow changed"), timeline=False)
FLOW_DELETED = event("approval_flow.deleted", gettext_lazy("Approval flow deleted"), timeline=False)
