"""The digital library."""
