"""Other processes, interpreters, devices, memory and the network."""
