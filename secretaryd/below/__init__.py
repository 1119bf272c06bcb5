"""What the packages below tell in English, in Russian: the sentence as it stands where it is raised, its values in
braces, to the Russian one with the same values. A test finds every sentence that is missing here, and every one that
nobody raises any more."""
