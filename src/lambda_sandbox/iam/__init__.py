"""What moto's IAM lacks: the simulation of policies."""
