"""The drawings of docs/hardware, from data: `python -m tests.drawings` writes them, a test compares them."""
