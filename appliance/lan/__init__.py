"""The pages over TLS for the office's own network: its settings, its certificates, and what ends the TLS.

Off unless the configuration has the table [lan]. docs/decisions/0040 says why it is a process of its own.
"""
