package clock

import "time"

// Beijing is the time of customers and bills; machines often lack tzdata.
var Beijing = time.FixedZone("CST", 8*60*60)

// Short is a time as lists show it, without the year.
func Short(t time.Time) string { return t.In(Beijing).Format("01-02 15:04:05") }
