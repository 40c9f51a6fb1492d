"""One file for each `frontdesk bench`: what is measured, and how."""
