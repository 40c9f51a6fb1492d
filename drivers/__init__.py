"""The hardware of a front desk: a small library of its own, to try in a REPL."""
