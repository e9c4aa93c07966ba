"""The demo accounts, one for each role; only loading the sample portal creates them."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings

from portal.accounts.actions import set_roles
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.secret_files import read_or_create

#: User names of the demo accounts with (full name, post, role).
ACCOUNTS = {
    "editor": ("演示编辑", "政治部", Role.EDITOR),
    "reviewer1": ("演示初审", "政治部", Role.FIRST_REVIEWER),
    "reviewer2": ("演示复审", "审判管理办公室", Role.SECOND_REVIEWER),
    "reviewer3": ("演示终审", "院领导", Role.FINAL_REVIEWER),
    "publisher": ("演示发布", "政治部", Role.PUBLISHER),
    "honors": ("演示荣誉管理", "政治部", Role.HONORS),
    "siteadmin": ("演示站点管理", "信息技术科", Role.SITE_ADMIN),
    "security": ("演示安全管理", "信息技术科", Role.SECURITY),
    "auditor": ("演示审计", "督察室", Role.AUDITOR),
}


def password_file() -> Path:
    """Return the path of the file that contains the generated password of the demo accounts."""
    return settings.VAR_DIR / "demo-password"


def password() -> str:
    """Return the password of the demo accounts, from the settings or from a file.

    If the setting is empty, a random password is written to ``password_file()`` on first use.
    """
    if settings.DEMO_PASSWORD:
        return settings.DEMO_PASSWORD
    return read_or_create(password_file(), _generate_password)


def _generate_password() -> str:
    """Return a random password with upper and lower case, digits and a hyphen.

    The password validators require several of these character classes.
    """
    return f"Court-{secrets.token_hex(4)}-{secrets.randbelow(90) + 10}"


def make_accounts() -> dict[str, User]:
    """Return the demo accounts by user name; create the missing accounts with their roles."""
    users = {}
    for username, (full_name, post, role) in ACCOUNTS.items():
        user = User.objects.filter(username=username).first()
        if user is None:
            user = User.objects.create_user(
                username, password(), full_name=full_name, post=post, is_staff=True
            )
            set_roles(user=user, roles={role})
        users[username] = User.objects.get(pk=user.pk)
    return users
