"""Foreign stacks against ours, over real sockets: scenarios in both roles, and the table of what came of it."""
