package paytest

import "slices"

// pick decides what goes wrong with a call: by rule, queue or chance.
func (s *Server) pick(in Incoming) Fault {
	f := s.choose(in)
	if f.check() != nil {
		f = Fault{} // a rule's fault is not checked before
	}
	if f.Name != FaultNone {
		s.mu.Lock()
		s.calls.fault(in.OutTradeNo, f.Name)
		s.mu.Unlock()
	}
	return f
}

func (s *Server) choose(in Incoming) Fault {
	s.ruling.Lock()
	defer s.ruling.Unlock()
	s.mu.Lock()
	rule := s.faults.rule
	s.mu.Unlock()
	if rule != nil {
		if f, ok := rule(in); ok {
			return f
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults.queue, func(q queued) bool {
		return q.call == in.Call && (q.fault.Order == "" || q.fault.Order == in.OutTradeNo)
	})
	if i >= 0 {
		f := s.faults.queue[i].fault
		s.faults.queue = slices.Delete(s.faults.queue, i, i+1)
		return f
	}
	for _, c := range s.faults.chances {
		if c.call == in.Call && s.rand.Float64() < c.share {
			return Fault{Name: c.name}
		}
	}
	return Fault{}
}

// around runs what a fault adds right before or after the effect.
func (s *Server) around(no, payer string, hook func()) {
	if payer != "" {
		s.scanAndPay(no, payer)
	}
	if hook != nil {
		hook()
	}
}

// scanAndPay is a customer who pays between two steps of the client. It
// ignores what the phone says.
func (s *Server) scanAndPay(no, payer string) {
	s.mu.Lock()
	var code string
	if o := s.find(no); o != nil && o.payer == "" {
		code = o.code
	}
	s.mu.Unlock()
	if code != "" {
		_, _ = s.Scan(code, payer)
	}
	_ = s.Pay(payer, no)
}
