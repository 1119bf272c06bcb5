"""Every word of the console, in Russian and English."""
