"""Models: what there is, and jobs that fetch, copy and check them in a process of their own."""
