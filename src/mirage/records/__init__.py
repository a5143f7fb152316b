"""What a replicate leaves on disk: what decides it (its identity), the record itself, and where it came from."""
