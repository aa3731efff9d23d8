/* The durable log: a ring of cells in the EEPROM. A vend takes the next cell,
 * so that each is written once in CELLS vends; 100,000 writes a cell make
 * 3,300,000 vends.
 *
 * A cell is two parts with a CRC each. The intent is written and read back
 * before the motor gets power; the outcome is written beside it, never over
 * it. So a write that the power cut tears leaves one of two things: no intent,
 * and the motor never moved, or an intent without outcome, which is ABORTED.
 * Both parts carry the record's number: the outcome of an earlier user of the
 * cell does not count.
 *
 * Address 0 stays free: it is the one that a brown-out may hit.
 */
#include <avr/eeprom.h>
#include <avr/wdt.h>
#include <string.h>
#include <util/crc16.h>

#include "board.h"

#define CELLS 33
#define KEEP (CELLS - 1) /* the cell of the oldest is the next to be written */
#define BOOTS 8
#define MAGIC 0x57564C31UL

struct head {
	uint32_t magic, id;
	uint16_t crc;
};

struct boot {
	uint32_t count;
	uint16_t crc;
};

struct intent {
	uint32_t n, token;
	uint8_t slot, drop;
	uint16_t crc;
};

struct outcome {
	uint32_t n;
	uint16_t ms;
	uint8_t state, spare;
	uint16_t crc;
};

struct cell {
	struct intent in;
	struct outcome out;
};

#define AT_HEAD ((void *)16)
#define AT_BOOT(i) ((void *)(32 + (i) * sizeof(struct boot)))
#define AT_CELL(n) ((uint8_t *)(96 + (uint16_t)((n) % CELLS) * sizeof(struct cell)))
#define AT_INTENT(n) ((void *)AT_CELL(n))
#define AT_OUTCOME(n) ((void *)(AT_CELL(n) + sizeof(struct intent)))

static uint32_t id, count, has, boots;
static bool good = true;

uint32_t journal_id(void) { return id; }
uint32_t journal_count(void) { return count; }
uint32_t journal_has(void) { return has; }
uint32_t journal_boots(void) { return boots; }
bool journal_good(void) { return good; }

uint16_t crc16(uint16_t crc, const void *p, uint8_t len)
{
	const uint8_t *b = p;
	while (len--)
		crc = _crc_xmodem_update(crc, *b++);
	return crc;
}

#define SEALED(s) (crc16(0xFFFF, &(s), sizeof(s) - 2) == (s).crc)
#define SEAL(s) ((s).crc = crc16(0xFFFF, &(s), sizeof(s) - 2))

static bool numbered(uint32_t n)
{
	return n != 0 && n != 0xFFFFFFFF;
}

static bool store(const void *what, void *where, uint8_t len)
{
	uint8_t back[sizeof(struct intent)];
	eeprom_update_block(what, where, len);
	eeprom_read_block(back, where, len);
	if (memcmp(back, what, len) == 0)
		return true;
	good = false;
	has = 0; /* what this log does not know proves nothing any more */
	return false;
}

static bool intent_at(uint32_t n, struct intent *in)
{
	eeprom_read_block(in, AT_INTENT(n), sizeof *in);
	return numbered(in->n) && SEALED(*in);
}

static bool outcome_at(uint32_t n, struct outcome *out)
{
	eeprom_read_block(out, AT_OUTCOME(n), sizeof *out);
	return numbered(out->n) && SEALED(*out);
}

static void count_boot(void)
{
	uint8_t next = 0;
	struct boot b;
	boots = 0;
	for (uint8_t i = 0; i < BOOTS; i++) {
		eeprom_read_block(&b, AT_BOOT(i), sizeof b);
		if (SEALED(b) && numbered(b.count) && b.count > boots) {
			boots = b.count;
			next = (i + 1) % BOOTS;
		}
	}
	b.count = ++boots;
	SEAL(b);
	store(&b, AT_BOOT(next), sizeof b);
}

/* find_end finds the newest record. An outcome without its intent tells that
 * the log lost a record: then it proves nothing. */
static void find_end(void)
{
	struct intent in;
	struct outcome out;
	uint32_t last = 0;
	count = has = 0;
	for (uint8_t i = 0; i < CELLS; i++) {
		if (intent_at(i, &in) && in.n > count)
			count = in.n;
		if (outcome_at(i, &out) && out.n > last)
			last = out.n;
	}
	if (last > count) {
		count = last;
		return;
	}
	while (has < KEEP && has < count && intent_at(count - has, &in) && in.n == count - has)
		has++;
}

void journal_open(void)
{
	struct head h;
	count_boot();
	eeprom_read_block(&h, AT_HEAD, sizeof h);
	id = h.magic == MAGIC && SEALED(h) ? h.id : 0;
	if (id)
		find_end();
}

/* journal_new begins a log under an identity of the host's choice. */
bool journal_new(uint32_t new_id)
{
	struct head h = {MAGIC, new_id, 0};
	static const uint32_t none;
	uint32_t n;
	for (uint8_t i = 0; i < CELLS; i++) {
		wdt_reset();
		eeprom_read_block(&n, AT_INTENT(i), sizeof n);
		if (numbered(n) && !store(&none, AT_INTENT(i), sizeof none))
			return false;
		eeprom_read_block(&n, AT_OUTCOME(i), sizeof n);
		if (numbered(n) && !store(&none, AT_OUTCOME(i), sizeof none))
			return false;
	}
	SEAL(h);
	if (!store(&h, AT_HEAD, sizeof h))
		return false;
	id = new_id;
	count = has = 0;
	return true;
}

bool journal_find(uint32_t token, struct record *r)
{
	struct intent in;
	struct outcome out;
	for (uint32_t i = 0; i < CELLS && i < count; i++) {
		uint32_t n = count - i;
		if (!intent_at(n, &in) || in.n != n || in.token != token)
			continue;
		r->n = n;
		r->token = token;
		r->slot = in.slot;
		r->drop = in.drop;
		r->state = ABORTED;
		r->ms = 0;
		if (outcome_at(n, &out) && out.n == n) {
			r->state = out.state;
			r->ms = out.ms;
		}
		return true;
	}
	return false;
}

bool journal_begin(uint32_t token, uint8_t slot, bool drop)
{
	struct intent in = {count + 1, token, slot, drop, 0};
	SEAL(in);
	if (!store(&in, AT_INTENT(in.n), sizeof in))
		return false;
	count++;
	if (has < KEEP)
		has++;
	return true;
}

bool journal_end(enum state s, uint16_t ms)
{
	struct outcome out = {count, ms, s, 0, 0};
	SEAL(out);
	return store(&out, AT_OUTCOME(out.n), sizeof out);
}
