"""A release that arrives as a file: whose it is, whether it is whole, how it is laid beside the others."""
