"""The ward: how often is the doctor right? Generated bundles with one planted fault each, and their healthy twins."""
