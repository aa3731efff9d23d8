#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <util/atomic.h>

#include "board.h"

#define SENSOR PC3
#define HOME PC4
#define LAMP PB5
#define MOTORS_D 0xF0
#define MOTORS_B 0x0F

#define SETTLE_MS 5 /* the home switch bounces */
#define SEEN_MS 2   /* a beam that is blocked so long saw something */

enum phase { STILL, LEAVING, TURNING, LINGERING, DONE };

/* Written by the interrupt while a motor turns. */
static volatile enum phase phase;
static volatile bool fell, jammed;
static volatile uint16_t age, stopped; /* ms */
static volatile uint8_t blocked, at_home;

/* The vend that the main program has in hand. */
static uint32_t token;
static bool watching, settled;

void vend_init(void)
{
	PORTC |= _BV(SENSOR) | _BV(HOME);
	DDRD |= MOTORS_D;
	DDRB |= MOTORS_B | _BV(LAMP);
}

static void halt(void)
{
	PORTD &= ~MOTORS_D;
	PORTB &= ~(MOTORS_B | _BV(LAMP));
}

static void power(uint8_t slot)
{
	PORTB |= _BV(LAMP);
	if (slot <= 4)
		PORTD |= _BV(3 + slot);
	else
		PORTB |= _BV(slot - 5);
}

bool vend_blind(void) { return PINC & _BV(SENSOR); }
bool vend_busy(void) { return phase != STILL; }
uint32_t vend_token(void) { return vend_busy() ? token : 0; }

static void stop(void)
{
	halt();
	stopped = age;
	phase = LINGERING;
}

static void watch(void)
{
	blocked = vend_blind() ? blocked + 1 : 0;
	if (blocked >= SEEN_MS) {
		fell = true;
		blocked = SEEN_MS;
	}
}

/* The interrupt alone stops a motor: the main program may be writing to the
 * EEPROM for tens of milliseconds. */
void vend_tick(void)
{
	if (phase == STILL || phase == DONE)
		return;
	age++;
	watch();
	bool home = !(PINC & _BV(HOME));
	at_home = home ? at_home + (at_home < 255) : 0;
	switch (phase) {
	case LEAVING:
		if (!home)
			phase = TURNING;
		else if (age >= LEAVE_MS)
			jammed = true, stop();
		break;
	case TURNING:
		if (at_home >= SETTLE_MS)
			stop();
		else if (age >= TURN_MS)
			jammed = true, stop();
		break;
	default:
		if (fell || !watching || age - stopped >= LINGER_MS)
			phase = DONE;
	}
}

/* vend_start makes the intent durable and only then turns the motor. */
bool vend_start(uint32_t t, uint8_t slot, bool drop)
{
	if (!journal_begin(t, slot, drop))
		return false;
	token = t;
	watching = drop;
	settled = false;
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		fell = jammed = false;
		age = stopped = 0;
		blocked = at_home = 0;
		phase = LEAVING;
		power(slot);
	}
	return true;
}

/* settle writes what became of the vend, once. */
static void settle(enum state s)
{
	uint16_t ms;
	ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
	{
		ms = age;
	}
	if (!settled)
		journal_end(s, ms);
	settled = true;
}

void vend_off(void)
{
	if (!vend_busy())
		return;
	halt();
	settle(watching && fell ? DROPPED : ABORTED);
	phase = STILL;
	say_result(token);
}

void vend_poll(void)
{
	if (!vend_busy())
		return;
	/* The drop is durable before the motor is home. */
	if (watching && fell)
		settle(DROPPED);
	if (phase != DONE)
		return;
	settle(watching && fell ? DROPPED : jammed ? JAM : watching ? NODROP : TURNED);
	phase = STILL;
	say_result(token);
}
