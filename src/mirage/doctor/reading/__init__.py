"""Reading what users have: files of others, so nothing in them is run, and their size is bounded."""
