#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>

#include "board.h"

/* Sizes are 256, so that uint8_t indices wrap by themselves. */
static volatile char rx[256], tx[256];
static volatile uint8_t rx_in, rx_out, tx_in, tx_out;

void uart_init(void)
{
	UCSR0A = _BV(U2X0);
	UBRR0 = (F_CPU + 4 * BAUD) / (8 * BAUD) - 1;
	UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
	UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
}

ISR(USART_RX_vect)
{
	char c = UDR0;
	if ((uint8_t)(rx_in + 1) != rx_out) /* full: the line's check fails */
		rx[rx_in++] = c;
}

ISR(USART_UDRE_vect)
{
	if (tx_in == tx_out)
		UCSR0B &= ~_BV(UDRIE0);
	else
		UDR0 = tx[tx_out++];
}

static void put(char c)
{
	while ((uint8_t)(tx_in + 1) == tx_out)
		;
	tx[tx_in++] = c;
	UCSR0B |= _BV(UDRIE0);
}

static int8_t digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static char body[LINE_MAX + 6]; /* with '*', two digits, CR and the end */
static uint8_t len;
static bool in_line;

/* whole ends the line in body and tells whether its check digits are right. */
static bool whole(void)
{
	uint8_t x = 0;
	if (len > 0 && body[len - 1] == '\r')
		len--;
	if (len < 4 || body[len - 3] != '*')
		return false;
	int8_t hi = digit(body[len - 2]), lo = digit(body[len - 1]);
	len -= 3;
	for (uint8_t i = 0; i < len; i++)
		x ^= body[i];
	body[len] = 0;
	return hi >= 0 && lo >= 0 && x == (uint8_t)(hi << 4 | lo);
}

char *line_get(void)
{
	while (rx_in != rx_out) {
		char c = rx[rx_out++];
		if (c == '@') {
			in_line = true;
			len = 0;
		} else if (c == '\n' && in_line) {
			in_line = false;
			if (whole())
				return body;
		} else if (in_line && len < sizeof body - 1) {
			body[len++] = c;
		} else {
			in_line = false;
		}
	}
	return 0;
}

static uint8_t sum;

static void add(char c)
{
	sum ^= c;
	put(c);
}

void line_begin(uint16_t seq)
{
	put('@');
	sum = 0;
	line_u32(seq);
}

void line_str(const char *s)
{
	for (char c; (c = pgm_read_byte(s)); s++)
		add(c);
}

void line_u32(uint32_t v)
{
	char b[10];
	uint8_t n = 0;
	do
		b[n++] = '0' + v % 10;
	while (v /= 10);
	while (n)
		add(b[--n]);
}

static char hex(uint8_t v)
{
	return v < 10 ? '0' + v : 'A' + v - 10;
}

void line_hex(uint32_t v)
{
	for (int8_t s = 28; s >= 0; s -= 4)
		add(hex(v >> s & 15));
}

void line_end(void)
{
	uint8_t x = sum;
	put('*');
	put(hex(x >> 4));
	put(hex(x & 15));
	put('\r');
	put('\n');
}
