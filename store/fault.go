package store

import (
	"errors"
	"fmt"
	"runtime/debug"
	"syscall"

	"kioskd/sale"
)

func writeFault(err error) *sale.Fault {
	switch {
	case noSpace(err):
		return &sale.Fault{Code: sale.CodeStoreSpace, What: "there is no space left for the ledger",
			Hint: "delete what fills the disk, then restart kioskd", Err: err}
	case errors.Is(err, syscall.EROFS):
		return readOnlyFault(err)
	}
	return &sale.Fault{Code: sale.CodeStoreWrite, What: "the ledger cannot be written",
		Hint: "restart kioskd; if it happens again, replace the disk or memory card", Err: err}
}

// noSpace: a quota fills up like a disk.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func readOnlyFault(err error) *sale.Fault {
	return &sale.Fault{Code: sale.CodeStoreWrite, What: "the ledger is on a read-only file system",
		Hint: "look for disk errors with dmesg, then mount it writable and restart kioskd", Err: err}
}

// damageFound is for damage that shows while the ledger is in use. The next
// start examines the file and puts it aside.
func damageFound(err error) *sale.Fault {
	return &sale.Fault{Code: sale.CodeStoreDamaged, What: "the ledger is damaged",
		Hint: "restart kioskd, which examines it", Err: err}
}

func schemaFault(has uint32) *sale.Fault {
	f := &sale.Fault{Code: sale.CodeStoreWrite, What: fmt.Sprintf("the ledger has schema %d, this kioskd knows %d", has, Schema),
		Hint: "install the newer kioskd that wrote it"}
	if has < Schema {
		f.Hint = "start the daemon once: it brings the ledger up to date"
	}
	return f
}

func lockedFault(path string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeStoreLocked, What: fmt.Sprintf("another process holds the ledger %s", path),
		Hint: "another kioskd is running: stop it, or use it"}
}

// crash is a panic or a memory fault while the file was read or written.
type crash struct{ cause any }

func (c *crash) Error() string {
	if _, fault := c.cause.(interface{ Addr() uintptr }); fault {
		return "a page of the file cannot be read: it is shorter than it was, or the disk does not answer"
	}
	return fmt.Sprintf("reading the file crashed: %v", c.cause)
}

// guarded turns what a damaged or shortened file does to its reader into an
// error. A mapped page that is gone raises SIGBUS, which kills the process
// unless the goroutine has asked for a panic instead.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &crash{p}
		}
	}()
	return f()
}
