"""What is kept, how long, and how it is put back: copies, a damaged file, erasing, room on the disk."""
