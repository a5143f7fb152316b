"""The lesson site: pages, ledger and interactive charts, made from tables, lessons and records."""
