//go:build race

package faults_test

// raced says that the race detector watches this program.
const raced = true
