"""Who may see a session: what Opencast asks for by the operator's table of roles, against what is there."""
