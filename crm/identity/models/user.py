from typing import Any

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.core.company import given_name
from crm.core.pinyin import sort_key
from crm.identity.policies import Everyone


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in: one role says what they may do, one primary team where their records belong."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("Follow the device")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    username = models.CharField(
        _("user name"),
        max_length=150,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        error_messages={"unique": _("This user name is taken.")},
    )
    name = models.CharField(_("name"), max_length=100)
    name_sort = models.CharField(max_length=200, editable=False, db_index=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("mobile"), max_length=32, blank=True)
    title = models.CharField(_("job title"), max_length=100, blank=True)
    role = models.ForeignKey("identity.Role", models.PROTECT, null=True, blank=True, verbose_name=_("role"))
    team = models.ForeignKey(
        "identity.Team", models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("team")
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=60, blank=True)
    theme = models.CharField(_("theme"), max_length=5, choices=Theme.choices, default=Theme.AUTO)
    shortcuts = models.BooleanField(_("single-letter keyboard shortcuts"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the administration"), default=False)
    must_change_password = models.BooleanField(_("must choose a new password"), default=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    successor = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("successor")
    )

    objects = UserManager()
    access = Everyone()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["name_sort", "id"]
        permissions = [("export_user", _("Can export users"))]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_once",
                violation_error_message=_("This e-mail address is taken."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_sort = sort_key(self.name or self.username)
        super().save(*args, **kwargs)

    page_verb = "change"  # their page is for those who administer the organisation

    def get_absolute_url(self) -> str:
        return f"/settings/organisation/?member={self.pk}"

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return given_name(self.name)
