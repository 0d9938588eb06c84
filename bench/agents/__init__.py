"""What the hub adds to agents and models: to an agent's updates, and to a model's answers, beside another server."""
