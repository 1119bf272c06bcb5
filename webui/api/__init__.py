"""`/admin/…`: the box for programs. One module a topic; each route is one `Operation`, from which the route, the checks
of what comes in, and the description for others are made."""
