"""How sound is read, and what networks see of it."""
