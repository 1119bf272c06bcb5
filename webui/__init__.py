"""The page on the LAN. Reaches the box only through the control socket."""
