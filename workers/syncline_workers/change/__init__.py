"""Pure: order, diff, inventory, prune guard, digests and masks of manifests."""
