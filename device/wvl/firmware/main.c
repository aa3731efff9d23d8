#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <string.h>
#include <util/atomic.h>

#include "board.h"

static volatile uint16_t ms;

ISR(TIMER0_COMPA_vect)
{
	ms++;
	vend_tick();
	keypad_tick();
}

uint16_t now_ms(void)
{
	uint16_t t;
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		t = ms;
	}
	return t;
}

#define WORDS 10
static char *word[WORDS];
static uint8_t words;
static uint16_t seq;

/* split cuts a body into words that one space divides. */
static bool split(char *s)
{
	for (words = 0; words < WORDS; s++) {
		word[words++] = s;
		s = strchr(s, ' ');
		if (!s)
			return true;
		*s = 0;
	}
	return false;
}

static bool decimal(const char *s, uint32_t *v)
{
	*v = 0;
	if (!*s || (*s == '0' && s[1]))
		return false;
	for (; *s; s++) {
		uint8_t d = *s - '0';
		if (d > 9 || *v > 429496729UL || (*v == 429496729UL && d > 5))
			return false;
		*v = *v * 10 + d;
	}
	return true;
}

static bool hexadecimal(const char *s, uint8_t digits, uint32_t *v)
{
	*v = 0;
	for (uint8_t i = 0; i < digits; i++) {
		uint8_t d = s[i] - '0';
		if (s[i] >= 'A' && s[i] <= 'F')
			d = s[i] - 'A' + 10;
		else if (d > 9)
			return false;
		*v = *v << 4 | d;
	}
	return !s[digits];
}

/* after returns what follows a prefix (in flash), or 0. */
static const char *after(const char *s, const char *prefix)
{
	uint8_t n = strlen_P(prefix);
	return strncmp_P(s, prefix, n) ? 0 : s + n;
}

static void log_words(void)
{
	line_str(PSTR(" LOG="));
	line_hex(journal_id());
	line_str(PSTR(" N="));
	line_u32(journal_count());
	line_str(PSTR(" HAS="));
	line_u32(journal_has());
}

static void nak(uint32_t token, const char *why)
{
	line_begin(seq);
	line_str(PSTR(" NAK "));
	line_u32(token);
	line_str(PSTR(" "));
	line_str(why);
	log_words();
	line_end();
}

static void state_word(uint8_t s)
{
	switch (s) {
	case RUNNING: line_str(PSTR(" RUNNING")); break;
	case DROPPED: line_str(PSTR(" DROPPED")); break;
	case NODROP: line_str(PSTR(" NODROP")); break;
	case JAM: line_str(PSTR(" JAM")); break;
	case TURNED: line_str(PSTR(" TURNED")); break;
	default: line_str(PSTR(" ABORTED"));
	}
}

/* result says what is known of a token, behind the head of a line. */
static void result(uint32_t token)
{
	struct record r;
	line_u32(token);
	if (!journal_find(token, &r)) {
		line_str(PSTR(" UNKNOWN"));
	} else {
		state_word(vend_token() == token ? RUNNING : r.state);
		line_str(PSTR(" "));
		line_u32(r.ms);
		line_str(PSTR(" SLOT="));
		line_u32(r.slot);
		line_str(PSTR(" I="));
		line_u32(r.n);
	}
	log_words();
	line_end();
}

void say_result(uint32_t token)
{
	line_begin(0);
	line_str(PSTR(" EV RESULT "));
	result(token);
}

static void hello(void)
{
	if (words != 3 || strcmp_P(word[2], PSTR("1"))) {
		nak(0, PSTR("VERSION"));
		return;
	}
	line_begin(seq);
	line_str(PSTR(" OK WVL/1 board=avr328 fw=1.0 slots="));
	line_u32(SLOTS);
	line_str(PSTR(" boot="));
	line_u32(journal_boots());
	line_str(PSTR(" log="));
	line_hex(journal_id());
	line_end();
}

static void status(void)
{
	uint32_t slot = 0;
	if (words > 3 || (words == 3 && !decimal(word[2], &slot))) {
		nak(0, PSTR("ARG"));
		return;
	}
	line_begin(seq);
	line_str(PSTR(" OK "));
	line_u32(slot);
	if (slot > SLOTS)
		line_str(PSTR(" NONE"));
	else if (!journal_good())
		line_str(PSTR(" ROM"));
	else if (vend_busy())
		line_str(PSTR(" BUSY"));
	else if (vend_blind())
		line_str(PSTR(" SENSOR"));
	else
		line_str(PSTR(" READY"));
	log_words();
	line_str(PSTR(" BOOT="));
	line_u32(journal_boots());
	line_end();
}

static void stored(uint32_t token)
{
	line_begin(seq);
	line_str(PSTR(" ACK "));
	result(token);
}

/* crc_good checks the last word of a VEND against all before it. The words
 * were cut apart where single spaces had been. */
static bool crc_good(void)
{
	uint16_t crc = 0xFFFF;
	uint32_t want;
	const char *given = after(word[words - 1], PSTR("CRC="));
	for (uint8_t i = 1; i < words - 1; i++) {
		if (i > 1)
			crc = crc16(crc, " ", 1);
		crc = crc16(crc, word[i], strlen(word[i]));
	}
	return given && hexadecimal(given, 4, &want) && want == crc;
}

struct order {
	uint32_t token, slot, drop, log, at;
};

static bool parse_vend(struct order *o)
{
	const char *drop, *log, *at;
	return words == 8 && crc_good() && decimal(word[2], &o->token) && o->token != 0 &&
	       decimal(word[3], &o->slot) && (drop = after(word[4], PSTR("DROP="))) &&
	       decimal(drop, &o->drop) && o->drop <= 1 && (log = after(word[5], PSTR("LOG="))) &&
	       hexadecimal(log, 8, &o->log) && (at = after(word[6], PSTR("AT="))) && decimal(at, &o->at);
}

static void vend(void)
{
	struct order o;
	struct record r;
	if (!parse_vend(&o)) {
		nak(0, PSTR("ARG"));
		return;
	}
	/* Another log may know the token: it is not ours to obey. */
	if (journal_id() == 0 || o.log != journal_id())
		return nak(o.token, PSTR("LOG"));
	if (journal_find(o.token, &r)) {
		if (r.n <= o.at)
			return nak(o.token, PSTR("KNOWN"));
		if (r.slot != o.slot)
			return nak(o.token, PSTR("OTHER"));
		return stored(o.token);
	}
	/* Not in the log, and the log does not reach back to where the host looked. */
	if (o.at > journal_count() || journal_count() - o.at > journal_has())
		return nak(o.token, PSTR("OLD"));
	if (vend_busy())
		return nak(o.token, PSTR("BUSY"));
	if (o.slot < 1 || o.slot > SLOTS)
		return nak(o.token, PSTR("NONE"));
	if (!journal_good())
		return nak(o.token, PSTR("ROM"));
	if (o.drop && vend_blind())
		return nak(o.token, PSTR("SENSOR"));
	if (!vend_start(o.token, o.slot, o.drop))
		return nak(o.token, PSTR("ROM"));
	stored(o.token);
}

static void new_log(void)
{
	uint32_t id;
	if (words != 3 || !hexadecimal(word[2], 8, &id) || id == 0) {
		nak(0, PSTR("ARG"));
		return;
	}
	if (journal_id() != 0) {
		nak(0, PSTR("LOG"));
		return;
	}
	if (!journal_new(id)) {
		nak(0, PSTR("ROM"));
		return;
	}
	line_begin(seq);
	line_str(PSTR(" OK NEWLOG"));
	log_words();
	line_end();
}

static void obey(char *body)
{
	uint32_t s, v;
	if (!split(body) || words < 2 || !decimal(word[0], &s) || s < 1 || s > 65535)
		return;
	seq = s;
	if (!strcmp_P(word[1], PSTR("HELLO"))) {
		hello();
	} else if (!strcmp_P(word[1], PSTR("STATUS"))) {
		status();
	} else if (!strcmp_P(word[1], PSTR("VEND"))) {
		vend();
	} else if (!strcmp_P(word[1], PSTR("NEWLOG"))) {
		new_log();
	} else if (!strcmp_P(word[1], PSTR("RESULT")) && words == 3 && decimal(word[2], &v)) {
		line_begin(seq);
		line_str(PSTR(" OK "));
		result(v);
	} else if (!strcmp_P(word[1], PSTR("GOT")) && words == 3 && decimal(word[2], &v)) {
		keypad_got(v);
	} else if (!strcmp_P(word[1], PSTR("OFF")) && words == 2) {
		vend_off();
		line_begin(seq);
		line_str(PSTR(" OK OFF"));
		line_end();
	} else {
		nak(0, PSTR("ARG"));
	}
}

static void boot(void)
{
	line_begin(0);
	line_str(PSTR(" EV BOOT "));
	line_u32(journal_boots());
	line_end();
}

int main(void)
{
	MCUSR = 0; /* or the watchdog cannot be set */
	wdt_enable(WDTO_2S);
	vend_init();
	keypad_init();
	uart_init();
	TCCR0A = _BV(WGM01); /* 1 ms */
	TCCR0B = _BV(CS01) | _BV(CS00);
	OCR0A = F_CPU / 64 / 1000 - 1;
	TIMSK0 = _BV(OCIE0A);
	journal_open();
	set_sleep_mode(SLEEP_MODE_IDLE);
	sei();
	boot();
	for (;;) {
		char *body;
		wdt_reset();
		while ((body = line_get()))
			obey(body);
		vend_poll();
		keypad_poll();
		sleep_mode(); /* until the next ms, or a byte */
	}
}
