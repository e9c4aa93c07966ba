import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password", ["Abcdexy1", "abcdef1!", "ABCDEF1!", "Abcdef!!", "法院Aa法院法院"]
)
def test_three_of_four_character_classes_are_accepted(password):
    validate_password(password)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Abcde1!", "password_too_short"),
        ("abcdefgh", "password_too_uniform"),
        ("abcdefg1", "password_too_uniform"),
        ("ABCDEFG1", "password_too_uniform"),
        ("17392846", "password_too_uniform"),
        ("!!!!!!!1", "password_too_uniform"),
    ],
)
def test_short_or_uniform_passwords_are_refused(password, code):
    with pytest.raises(ValidationError) as raised:
        validate_password(password)
    assert code in [error.code for error in raised.value.error_list]
    assert all(raised.value.messages)
