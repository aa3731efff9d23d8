package screentest

import (
	"io"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// CloseWindows asks every window of this server to close, as a window manager
// does for a person who clicks on its cross (ICCCM 4.2.8.1).
func (x *Server) CloseWindows(t testing.TB) {
	t.Helper()
	xgb.Logger.SetOutput(io.Discard) // that there is no authority file
	conn, err := xgb.NewConnDisplay(x.display)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	root := xproto.Setup(conn).DefaultScreen(conn).Root
	tree, err := xproto.QueryTree(conn, root).Reply()
	if err != nil {
		t.Fatal(err)
	}
	protocols, remove := atom(t, conn, "WM_PROTOCOLS"), atom(t, conn, "WM_DELETE_WINDOW")
	for _, w := range tree.Children {
		ask := xproto.ClientMessageEvent{
			Format: 32,
			Window: w,
			Type:   protocols,
			Data:   xproto.ClientMessageDataUnionData32New([]uint32{uint32(remove), xproto.TimeCurrentTime, 0, 0, 0}),
		}
		if err := xproto.SendEventChecked(conn, false, w, xproto.EventMaskNoEvent, string(ask.Bytes())).Check(); err != nil {
			t.Fatal(err)
		}
	}
}

func atom(t testing.TB, conn *xgb.Conn, name string) xproto.Atom {
	t.Helper()
	reply, err := xproto.InternAtom(conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		t.Fatal(err)
	}
	return reply.Atom
}
