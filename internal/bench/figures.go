package main

import (
	"math"
	"slices"
	"time"
)

// Times in figures are milliseconds.

// percentiles of many measurements. Of fewer than a hundred the 99th is the
// worst one.
type percentiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

func rank(d []time.Duration) percentiles {
	if len(d) == 0 {
		return percentiles{}
	}
	d = slices.Sorted(slices.Values(d))
	at := func(p int) float64 { return ms(d[min(len(d)-1, len(d)*p/100)]) }
	return percentiles{at(50), at(99)}
}

// span of a few measurements.
type span struct {
	Median float64 `json:"median"`
	Worst  float64 `json:"worst"`
}

func spanOf(d []time.Duration) span {
	d = slices.Sorted(slices.Values(d))
	return span{ms(d[len(d)/2]), ms(d[len(d)-1])}
}

func mean(d []time.Duration) float64 {
	var sum time.Duration
	for _, v := range d {
		sum += v
	}
	return ms(sum / time.Duration(max(1, len(d))))
}

func ms(d time.Duration) float64 { return math.Round(float64(d.Microseconds())/100) / 10 }

func round(f float64) float64 { return math.Round(f*100) / 100 }
