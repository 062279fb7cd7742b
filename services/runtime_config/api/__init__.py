"""What agents pull and report, and what people move."""
