"""What ours is compared with: the barest program that could do the same."""
