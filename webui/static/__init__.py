"""The page's own style and script: nothing is loaded from elsewhere."""
