// Package saletest has a whole world for the core's ports in memory: a
// provider with books, a board that counts its drops, a screen that remembers,
// and an auditor that compares them with the ledger. Nothing in it sleeps
// except by package time, so it runs inside a testing/synctest bubble.
package saletest
