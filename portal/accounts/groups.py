"""The roles as the database knows them: groups, one for each role."""

from typing import Any

from portal.accounts.roles import Role


def ensure_roles(groups: Any) -> None:
    """Make the group of every role that has none, in a migration's Group model or the real one."""
    known = set(groups.objects.values_list("name", flat=True))
    for role in Role:
        if role.value not in known:
            groups.objects.get_or_create(name=role.value)
