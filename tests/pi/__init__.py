"""What only a real Raspberry Pi can show: a list of steps as data, and the script that goes through it."""
