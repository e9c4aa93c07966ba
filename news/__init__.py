"""News: columns, articles and topics."""
