"""Pure: order, diff, inventory, prune guard, digests and masks; conflicts, take-over, wishes."""
