// Package alarm tells a person outside of a machine about conditions that last:
// through a program that gets a message, or a message posted to a URL.
//
// It looks at states and not at edges, so nothing needs to survive a restart:
// what still holds is told again. Nobody ever waits for a delivery.
package alarm
