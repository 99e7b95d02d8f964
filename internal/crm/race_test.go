//go:build race

package crm_test

// raced says that the race detector watches. What a test of one goroutine does
// thousands of times is left to the run without it (scripts/test).
const raced = true
