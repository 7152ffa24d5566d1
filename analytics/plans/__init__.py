"""What a team set out to reach, how far it has come, and how a period went."""
