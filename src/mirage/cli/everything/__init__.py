"""`make all`: everything is planned once, trained and drawn by one pool of workers, and skipped where up to date."""
