"""What the HTTP API takes and gives: one model per document, with a description and an example per field."""
