/* Nine keys in three rows and three columns: 1 to 8, and cancel as 0. A press
 * is told again until the host has got it; the newest press replaces one that
 * the host has not got. */
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <util/atomic.h>

#include "board.h"

#define ROWS 0x07
#define COLUMNS_D 0x0C
#define COLUMN_B 0x10
#define DEBOUNCE 3 /* scans of three rows, 1 ms a row */
#define AGAIN_MS 250
#define TELLS 6

static volatile uint16_t pressed; /* of the last whole scan, one bit a key */

static uint16_t scan, stable;
static uint8_t row, same;

static uint16_t id;
static uint8_t key, tells;
static uint16_t told;

void keypad_init(void)
{
	DDRC |= ROWS;
	PORTC |= ROWS & ~1;
	PORTD |= COLUMNS_D;
	PORTB |= COLUMN_B;
}

void keypad_tick(void)
{
	uint8_t low = (~PIND & COLUMNS_D) >> 2 | (~PINB & COLUMN_B) >> 2;
	scan |= (uint16_t)low << (3 * row);
	row = (row + 1) % 3;
	PORTC = (PORTC | ROWS) & ~_BV(row);
	if (row)
		return;
	same = scan == stable ? same + (same < 255) : 0;
	stable = scan;
	scan = 0;
	if (same >= DEBOUNCE)
		pressed = stable;
}

static void tell(void)
{
	line_begin(0);
	line_str(PSTR(" EV KEY "));
	line_u32(key);
	line_str(PSTR(" ID="));
	line_u32(id);
	line_end();
	told = now_ms();
	tells--;
}

/* newly is the number of a single key that went down, 0 for none; 9 is cancel. */
static uint8_t newly(void)
{
	static uint16_t before;
	uint16_t now;
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		now = pressed;
	}
	uint16_t down = now & ~before;
	bool single = !before && down && !(down & (down - 1));
	before = now;
	if (!single)
		return 0;
	uint8_t k = 1;
	while (down >>= 1)
		k++;
	return k;
}

void keypad_poll(void)
{
	uint8_t k = newly();
	if (k) {
		key = k == 9 ? 0 : k;
		id = id == 65535 ? 1 : id + 1;
		tells = TELLS;
		tell();
	} else if (tells && (uint16_t)(now_ms() - told) >= AGAIN_MS) {
		tell();
	}
}

void keypad_got(uint32_t got)
{
	if (got == id)
		tells = 0;
}
