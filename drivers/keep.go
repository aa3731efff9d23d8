package drivers

import "kioskd/kept"

// InFile keeps in a file of its own. It is a [Keeping].
func InFile(path string) Keeper { return kept.File(path) }

// lookedAt is a file that is read and never written.
type lookedAt struct{ kept.File }

func (lookedAt) Save([]byte) error { return nil }

// OnlyRead has a driver know what is kept in a file, and changes nothing. It is a
// [Keeping].
func OnlyRead(path string) Keeper { return lookedAt{kept.File(path)} }
