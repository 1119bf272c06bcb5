"""The box: wires hw, voice and storage into processes. Nobody imports it but its control protocol."""
