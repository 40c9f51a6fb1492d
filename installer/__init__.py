"""Makes of this checkout what is carried to an office: a release file, and a Debian package."""
