"""Creation of the database groups that represent the roles: one Django group for each role."""

from typing import Any

from portal.accounts.roles import Role


def ensure_roles(groups: Any) -> None:
    """Create the missing groups; ``groups`` is the Group model, also as a migration has it."""
    known = set(groups.objects.values_list("name", flat=True))
    for role in Role:
        if role.value not in known:
            groups.objects.get_or_create(name=role.value)
