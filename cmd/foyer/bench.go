package main

type benchCommand struct{}

// Run does nothing yet.
func (c *benchCommand) Run(o *out) error { return nil }
