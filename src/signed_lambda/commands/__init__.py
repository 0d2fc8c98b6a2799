"""One file a command: each reads as its story. They use the chain; they do not talk to AWS."""
