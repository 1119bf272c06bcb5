"""The engines behind the speech process: each library is imported in its own file here and nowhere else."""
