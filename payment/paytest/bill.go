package paytest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha1"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	dayLayout = "2006-01-02"
	billsFrom = 10 * time.Hour // of the next day
	billsMade = 9 * time.Hour  // a refund's status on a bill is that of this moment
	billLife  = 5 * time.Minute
)

// Faults that only bills have.
const (
	FaultWrongHash FaultName = "wrong-hash" // of CallBill: the hash of another file, well signed
	FaultWrongURL  FaultName = "wrong-url"  // of CallBill: at a host that is not the provider's, well signed
	FaultCutFile   FaultName = "cut-file"   // of CallBillFile: half of it, as a whole answer
)

// BillFaultNames lists them.
func BillFaultNames() []FaultName { return []FaultName{FaultWrongHash, FaultWrongURL, FaultCutFile} }

// billFile is what a download URL leads to.
type billFile struct {
	made    time.Time
	content []byte
}

// EditBill has edit change the lines of every bill from now on: one of another
// machine, a payment that no client knows of, another amount. nil ends it. edit
// must not call the Server.
func (s *Server) EditBill(edit func(day string, lines []BillLine) []BillLine) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.editBill = edit
}

// bill answers GET /v3/bill/tradebill. s.mu is held.
func (s *Server) bill(q *request) (map[string]any, *refusal) {
	query := q.http.URL.Query()
	day, err := time.ParseInLocation(dayLayout, query.Get("bill_date"), beijing)
	if err != nil {
		return nil, paramError(internalParam, &detail{
			Field: "bill_date", Value: query.Get("bill_date"), Issue: "not a date such as 2026-11-27", Location: "query"})
	}
	if !slices.Contains([]string{"", "ALL"}, query.Get("bill_type")) || !slices.Contains([]string{"", "GZIP"}, query.Get("tar_type")) {
		return nil, paramError(internalParam, &detail{
			Field: "bill_type", Issue: "the simulator has bills of the type ALL, plain or as GZIP", Location: "query"})
	}
	now, next := s.wire(), day.AddDate(0, 0, 1)
	switch {
	case now.Before(next) || next.Before(now.AddDate(0, -3, 0)):
		return nil, invalidRequest("账单日期不在可下载的范围内", internalParam)
	case now.Before(next.Add(billsFrom)):
		return nil, &refusal{http.StatusBadRequest, "STATEMENT_CREATING", "账单生成中", internalUnspecified, nil}
	}
	lines := s.billLines(day, next)
	if s.editBill != nil {
		lines = s.editBill(day.Format(dayLayout), lines)
	}
	if len(lines) == 0 {
		return nil, &refusal{http.StatusBadRequest, "NO_STATEMENT_EXIST", "请求的账单文件不存在", internalUnspecified, nil}
	}
	return s.offer(q, RenderBill(lines)), nil
}

// offer keeps a bill's file for the download. s.mu is held.
func (s *Server) offer(q *request, content []byte) map[string]any {
	sum := sha1.Sum(content)
	token, end := s.token(base62, 64), ""
	if q.http.URL.Query().Get("tar_type") == "GZIP" {
		end = "&tartype=gzip"
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(content)
		_ = z.Close()
		content = b.Bytes()
	}
	s.files[token] = billFile{s.clock(), content}
	return map[string]any{
		"hash_type": "SHA1", "hash_value": hex.EncodeToString(sum[:]),
		"download_url": "http://" + q.http.Host + "/v3/billdownload/file?token=" + token + end,
	}
}

// spoilBill puts a lie into the answer to a request for a bill.
func spoilBill(fields map[string]any, name FaultName) {
	switch {
	case fields["hash_value"] == nil:
	case name == FaultWrongHash:
		sum := sha1.Sum([]byte("another bill"))
		fields["hash_value"] = hex.EncodeToString(sum[:])
	default:
		_, path, _ := strings.Cut(fields["download_url"].(string), "/v3/")
		fields["download_url"] = "https://bills.example.com/v3/" + path
	}
}

// serveFile answers the download of a bill: a signed request, an answer that
// is not signed.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request, domain int) {
	left := s.enter()
	if left == nil {
		panic(http.ErrAbortHandler) // closed: nobody is there
	}
	defer left()
	q := &request{call: CallBillFile, http: r}
	answered, nth := s.begin(q, domain)
	defer answered()
	f := s.pick(Incoming{Call: q.call, Nth: nth})
	latency := s.Behaviour().Latency
	s.sleep(latency + f.Delay + f.Hold)
	if s.cutOrReplaced(w, q, f) {
		return
	}
	content, refused := s.file(q)
	if refused = f.refusal(refused); refused != nil {
		s.refuse(w, q, f, refused)
		return
	}
	s.logCall(q, f, http.StatusOK, "")
	switch f.Name {
	case FaultTruncated:
		s.truncate(w, http.StatusOK, content)
	case FaultCutFile:
		content = content[:len(content)/2]
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(content)
}

// file checks a download and finds its file.
func (s *Server) file(q *request) ([]byte, *refusal) {
	if r := checkHeaders(q.http); r != nil {
		return nil, r
	}
	if r := s.authorize(q.http, nil); r != nil {
		return nil, r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.files[q.http.URL.Query().Get("token")]
	if !ok || s.clock().Sub(f.made) > billLife {
		return nil, invalidRequest("下载地址已失效，请重新申请账单", internalUnspecified)
	}
	return f.content, nil
}
