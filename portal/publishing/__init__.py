"""The publishing workflow, the only code that makes content public."""
