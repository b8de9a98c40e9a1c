from django.contrib.admin.apps import AdminConfig


class CrmAdminConfig(AdminConfig):
    """Django admin with our own site."""

    default_site = "crm.console.admin_site.CrmAdminSite"
