"""What keeps the process sealed: its filters, the one module that knows sockets (AF_UNIX alone), and ways round."""
