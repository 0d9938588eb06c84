"""Fan-out from one publisher to many clients, beside other servers."""
