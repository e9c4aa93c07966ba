"""Tables in and out: xlsx and csv, read with suspicion and written so that they do no harm."""
