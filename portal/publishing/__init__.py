"""The publishing workflow: the only way by which content becomes public."""
