package wechatv2

import (
	"time"

	"kioskd/payment/internal/link"
	"kioskd/payment/internal/trade"
	"kioskd/sale"
)

const (
	MaxAnswer  = link.MaxAnswer
	PingNumber = trade.PingNumber
)

// Encode and Decode are the XML of both directions.
func Encode(f map[string]string) []byte { return fields(f).encode() }

func Decode(text []byte) (map[string]string, error) { return decode(text) }

// Message, Sign and Verify are the signature's.
func Message(key string, f map[string]string) string { return secret(key).message(f) }

func Sign(key, kind string, f map[string]string) string { return secret(key).sign(f, algorithm(kind)) }

func Verify(key, kind string, f map[string]string) error {
	return secret(key).verify(f, algorithm(kind))
}

// ReadTrade, ReadRefund and ReadRefunds read fields as if they had been proved.
func ReadTrade(f map[string]string, o sale.Order) (sale.Trade, error) {
	return readTrade(answer{fields: f, at: time.Unix(1, 0)}, o)
}

func ReadRefund(f map[string]string, o sale.Order) (sale.RefundReport, error) {
	return readRefund(answer{fields: f}, o)
}

func ReadRefunds(f map[string]string, o sale.Order) (sale.RefundReport, error) {
	return readRefunds(answer{fields: f}, o)
}
