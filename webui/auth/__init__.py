"""Who is at the browser: passwords, sessions, second factor, and what each route needs."""
