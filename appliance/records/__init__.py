"""What is kept of what happened: the audit log and its verification, recordings, and their keys."""
