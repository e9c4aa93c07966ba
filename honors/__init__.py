"""The ledger of honours and awards that the court has received."""
