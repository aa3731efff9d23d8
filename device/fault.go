package device

import (
	"errors"
	"io/fs"
	"syscall"

	"go.bug.st/serial"

	"kioskd/sale"
)

// opening says why a port could not be opened, and what to do.
func opening(path string, err error) *sale.Fault {
	f := &sale.Fault{Err: err}
	var port *serial.PortError
	is := func(code serial.PortErrorCode, targets ...error) bool {
		if errors.As(err, &port) && port.Code() == code {
			return true
		}
		for _, t := range targets {
			if errors.Is(err, t) {
				return true
			}
		}
		return false
	}
	switch {
	case is(serial.PortBusy, errLocked, syscall.EBUSY):
		f.Code, f.What = sale.CodeSerialBusy, "another program holds the port "+path
		f.Hint = "end that program; \"fuser -v " + path + "\" names it"
	case is(serial.PermissionDenied, fs.ErrPermission):
		f.Code, f.What = sale.CodeSerialDenied, "this user may not use the port "+path
		f.Hint = "add the user that runs kioskd to the group that owns the port, usually dialout, and start kioskd anew"
	case is(serial.PortNotFound, fs.ErrNotExist, syscall.ENXIO, syscall.ENODEV, syscall.EIO):
		f.Code, f.What = sale.CodeSerialMissing, "the port "+path+" is not there"
		f.Hint = "plug the controller's cable in, or correct the port in the configuration"
	default:
		f.Code, f.What = sale.CodeSerialOther, "the port "+path+" cannot be used"
		f.Hint = "check that it names a serial port and that the speed is one it knows"
	}
	return f
}

// lost says that a port that was open is so no more.
func lost(path string, err error) *sale.Fault {
	return &sale.Fault{
		Code: sale.CodeSerialMissing, What: "the port " + path + " went away",
		Hint: "check the controller's cable and its adapter", Err: err,
	}
}
