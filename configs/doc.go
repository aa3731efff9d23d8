// Package configs reads the one configuration file of a machine.
//
// [Load] reads the file, [Parse] reads bytes that came from elsewhere; both
// either return a complete [Config], in which every value has been checked and
// every path is absolute, or a [*Problems] that lists all that is wrong with
// the file at once, each with line, column and what to write instead. Nothing
// is half right: a Config that was returned can be run.
//
// Reading has no side effects. It opens the files that the configuration names
// (pictures, a font, and what the drivers check) and changes nothing, so it
// serves for `kioskd check` and for a reload beside a running machine.
//
// The file is a strict subset of YAML: one document, no anchors, tags or
// merges, one line for each value, no key twice, no unknown key. Scalars are
// read as they stand in the text, never through a float or a guess, so that
// the price 2.50 is 250 fen and the serial number 5E10 stays one.
//
// A driver's settings belong to the driver: it brings a struct with yaml tags,
// filled with its defaults, and checks it itself (see [Settings]). The texts
// of the problems never repeat a value of the settings, because it may be a
// secret.
//
// [Reference] is the commented file that names every key with its default.
// [Set] and its like change one value in such a text and keep the comments;
// [Save] writes it.
package configs
