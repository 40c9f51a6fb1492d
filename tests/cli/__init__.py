"""The command line, as the program that people and the service manager start."""
