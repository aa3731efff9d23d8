package modbustest

import "time"

// endOfFrame is how many characters of silence end a frame.
const endOfFrame = 3.5

// sleepUntil waits until so many characters have had their time since begun.
func (b *Bus) sleepUntil(begun time.Time, characters float64) {
	if b.opt.Baud > 0 {
		const bits = 10 // 8N1
		time.Sleep(time.Until(begun.Add(time.Duration(characters * bits / float64(b.opt.Baud) * float64(time.Second)))))
	}
}

// put writes bytes on the wire. mu is held, but not while they take their time.
func (b *Bus) put(l *line, f []byte) {
	if b.opt.Baud == 0 {
		l.master.Write(f)
		return
	}
	for i, begun := 0, time.Now(); i < len(f) && b.line == l; i++ {
		b.mu.Unlock()
		b.sleepUntil(begun, float64(i+1))
		b.mu.Lock()
		if b.line == l {
			l.master.Write(f[i : i+1])
		}
	}
}
