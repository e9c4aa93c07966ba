"""Text and numbers in, findings out. It knows no other room and no table."""
