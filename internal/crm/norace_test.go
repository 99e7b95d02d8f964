//go:build !race

package crm_test

const raced = false
