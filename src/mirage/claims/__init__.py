"""Claims: what articles say, how it is tested, and verdicts and results over seeds."""
