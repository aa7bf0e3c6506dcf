"""What the process needs of the machine around it: isolation, local socket, service manager, tools."""
