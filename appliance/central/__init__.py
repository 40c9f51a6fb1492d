"""The way to the central server: what both sides have agreed on, and the roads on which it goes."""
