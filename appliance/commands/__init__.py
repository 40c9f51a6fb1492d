"""One file for each command of `frontdesk` that does not run a front desk."""
