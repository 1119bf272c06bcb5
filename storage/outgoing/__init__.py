"""What the box does by itself on the line: tasks, what was dialled, what is known of the SIM."""
