"""One user for each role, named by a letter in the hand-written tables of permissions."""

from django.contrib.auth.models import AnonymousUser

from portal.accounts.models import User
from portal.accounts.roles import SEPARATE_DUTIES, Role
from portal.publishing.rules import SystemActor
from tests import factories
from tests.factories import Newsroom

#: Letter -> description: the nine roles, then users without a role or without access.
ACTOR_LABELS = {
    "E": "editor",
    "F": "first reviewer",
    "S": "second reviewer",
    "L": "last (final) reviewer",
    "P": "publisher",
    "H": "honours staff",
    "W": "site administrator",
    "O": "security officer",
    "A": "auditor",
    "X": "superuser without a role",
    "N": "staff without a role",
    "C": "every newsroom role, account closed",
    "D": "every newsroom role, but not staff",
    "G": "guest, not signed in",
    "Y": "the portal itself",
}
ROLES = {
    "E": Role.EDITOR,
    "F": Role.FIRST_REVIEWER,
    "S": Role.SECOND_REVIEWER,
    "L": Role.FINAL_REVIEWER,
    "P": Role.PUBLISHER,
    "H": Role.HONORS,
    "W": Role.SITE_ADMIN,
    "O": Role.SECURITY,
    "A": Role.AUDITOR,
}
#: The letters of the users who can sign in to the admin.
STAFF_LETTERS = "EFSLPHWOAXN"


def make_actors(newsroom: Newsroom) -> dict[str, User | AnonymousUser | SystemActor]:
    """Create a user for each letter; return letter -> user."""
    every = [role for role in Role if role not in SEPARATE_DUTIES]
    made: dict[str, User | AnonymousUser | SystemActor] = {
        "E": newsroom.editor,
        "F": newsroom.reviewer1,
        "S": newsroom.reviewer2,
        "L": newsroom.reviewer3,
        "P": newsroom.publisher,
        **{letter: factories.user(ROLES[letter]) for letter in "HWOA"},
        "X": factories.user(is_superuser=True),
        "N": factories.user(),
        "C": factories.user(*every, is_active=False),
        "D": factories.user(*every, is_staff=False),
        "G": AnonymousUser(),
        "Y": SystemActor("test"),
    }
    assert set(made) == set(ACTOR_LABELS)
    assert set(ROLES.values()) == set(Role)
    return made
