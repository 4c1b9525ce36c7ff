"""From records to documents: pure functions of what is stored and what is known of work under way."""
