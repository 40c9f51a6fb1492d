"""What each thread of the front desk does: one file a duty, one device a duty."""
