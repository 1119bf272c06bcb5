"""Who may use the page. Passwords are not here: they are the web process's, which may not read this database."""
