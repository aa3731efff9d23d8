/* The reference firmware of WVL/1 for an ATmega328P (Arduino Uno, Nano) with
 * eight spiral motors. The protocol is in ../doc.go, the wiring in
 * docs/controllers/wvl.md.
 *
 *   PD0 PD1        UART to the host
 *   PC3            drop sensor: low while its beam is clear, pulled up, so that
 *                  a broken wire reads as a blocked beam and stops the selling
 *   PC4            home switch of all motors in series: low while all are home
 *   PD4..PD7       motors 1 to 4, PB0..PB3 motors 5 to 8; high turns. Each needs
 *                  a pull-down: after a reset the pins float
 *   PC0..PC2       keypad rows (out); columns PD2, PD3, PB4 (in): keys 1 to 8,
 *                  cancel
 *   PB5            lamp: a motor turns
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

#define BAUD 57600UL /* bits per second */
#define SLOTS 8

/* Times of a vend in ms. */
#ifndef LEAVE_MS
#define LEAVE_MS 1000 /* the motor must have left home by then */
#endif
#ifndef TURN_MS
#define TURN_MS 8000 /* ... and be home again: the motor's own limit */
#endif
#ifndef LINGER_MS
#define LINGER_MS 2000 /* a product may fall so long after the motor stopped */
#endif

/* States of a token, as they are stored. Never renumber. */
enum state { RUNNING = 1, DROPPED, NODROP, JAM, ABORTED, TURNED };

struct record {
	uint32_t n; /* its number in the log, from 1 */
	uint32_t token;
	uint8_t slot;
	uint8_t drop; /* the sensor was to watch */
	uint8_t state;
	uint16_t ms;
};

/* journal.c: what outlives a reset. */
void journal_open(void);
bool journal_new(uint32_t id);
uint32_t journal_id(void);    /* 0: there is no log */
uint32_t journal_count(void); /* records ever written to this log */
uint32_t journal_has(void);   /* so many of the newest are intact */
uint32_t journal_boots(void);
bool journal_good(void); /* every write so far could be read back */
bool journal_find(uint32_t token, struct record *r);
bool journal_begin(uint32_t token, uint8_t slot, bool drop);
bool journal_end(enum state s, uint16_t ms);
uint16_t crc16(uint16_t crc, const void *p, uint8_t len);

/* vend.c: the motors. Only one turns at a time. */
void vend_init(void);
void vend_tick(void); /* every ms, in an interrupt */
bool vend_busy(void);
bool vend_blind(void); /* the drop sensor's beam is blocked */
bool vend_start(uint32_t token, uint8_t slot, bool drop);
void vend_off(void);
void vend_poll(void);
uint32_t vend_token(void);

/* keypad.c */
void keypad_init(void);
void keypad_tick(void); /* every ms, in an interrupt */
void keypad_poll(void);
void keypad_got(uint32_t id);

/* uart.c: lines with their check digits. */
#define LINE_MAX 120 /* bytes between @ and * */
void uart_init(void);
char *line_get(void); /* the body of the next good line, or 0 */
void line_begin(uint16_t seq);
void line_str(const char *s); /* s is in flash: PSTR */
void line_u32(uint32_t v);
void line_hex(uint32_t v);
void line_end(void);

/* main.c */
uint16_t now_ms(void);
void say_result(uint32_t token);

#endif
