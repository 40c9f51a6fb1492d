"""What every driver keeps, whatever it drives and whatever stands in for its hardware.

`device.py` has the clauses of `drivers.base.Device`, `benches.py` the drivers at the end of their simulated
wires. What a kind adds stands in a file of its own (`test_printer.py`, `test_button.py` ...). The clauses are
plain functions, so that a stage with real devices can call them without pytest.
"""
