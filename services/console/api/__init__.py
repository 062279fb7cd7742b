"""Pages, forms, reports and static files."""
