"""Honours and awards: the court's ledger of what it was given."""
