"""Reports: tables, the ledger, lessons rendered, sweeps, and the check that all can be made again."""
