// Package sale is the core of kioskd: one customer's order from the key press
// to the ledger's last line.
//
// The decision is [Next], a pure function of an order and an event. The only
// code that acts on it is [Machine]: it takes an event, calls Next, makes the
// result durable in the [Ledger], and only then carries out the effects, whose
// results come back as events. Everything else the package knows is a port, an
// interface that an adapter implements: [Gateway] (the payment provider),
// [Dispenser] (the controller board), [Panel] (the screen), [Ledger] and [Clock].
//
// Three promises hold whatever fails:
//
//   - Intent before effect. A state is durable before the effect it permits.
//   - Only verified evidence moves money states. A [Trade] or a [RefundReport]
//     exists only if its signature was good and it names this order.
//   - One dispense command per order, ever. Doubt goes to [Unknown], never back.
//
// The package imports the standard library only.
package sale
