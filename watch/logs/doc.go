// Package logs is the daemon's log on its way out: what repeats is counted
// instead of written, the newest lines stay in memory, and the rest goes to
// stderr as text or to systemd's journal with a field for each key.
package logs
