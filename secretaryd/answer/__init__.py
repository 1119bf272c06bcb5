"""What to answer: persona, FAQ, prompt, the ladder, and what words may cause."""
