// Package export writes orders as a table for a bookkeeper: CSV, JSON or XLSX.
// It knows what a row says and how a file of each kind is made; where the
// orders come from is the caller's business.
package export
