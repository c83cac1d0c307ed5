"""One command, or one group of commands, a file: it asks the server and prints; no more."""
