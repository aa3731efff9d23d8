// Package metrics shows a machine to Prometheus: counters of what happened since
// the process began, and the state at the moment of the question. Labels are few
// and bounded by the program or by the config: no order and no product is one.
package metrics
