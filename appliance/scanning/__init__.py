"""The scanner station behind the screen: its process, a session's folder, the ways to take a PDF home."""
