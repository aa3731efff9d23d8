package main

import "os"

// selfCheck is the command of the child process that examines the ledger.
func selfCheck() []string {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{exe, checkStoreName}
}
