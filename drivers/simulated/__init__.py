"""The hardware that a laptop lacks, simulated below the real libraries."""
