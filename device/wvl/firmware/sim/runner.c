/* Runs the firmware on simavr with a small cabinet around it: motors with a
 * home switch, products, a drop sensor, a keypad and a power plug.
 *
 *   runner wvl.elf
 *
 * prints the path of the pseudo terminal of its UART, then a line for each
 * thing that moves:
 *
 *   turn S    motor S got power        drop S   a product of slot S fell
 *   off S     ... lost it              reset    the board began anew
 *   rest N    it has dealt with the N bytes that it got so far
 *
 * and obeys, line by line on standard input:
 *
 *   press K         a key goes down and up: 1 to 8, 9 for cancel
 *   jam             the next product hangs      stuck   the next motor never leaves home
 *   cut before      power fails before the next product falls
 *   cut after       ... after it fell
 *   cut in US       ... so many microseconds after the next VEND began to arrive
 *   cut byte N      ... when, after that, N bytes of the EEPROM have been written
 *   hang            in the next vend the program stops, interrupts and all
 *   wipe            a new EEPROM             rot A     the byte at address A decays
 *   beam 0|1        the sensor's beam is clear or blocked
 *   reset           power fails now
 *   quit
 *
 * Time is the board's, held back to real time.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <simavr/avr_eeprom.h>
#include <simavr/avr_ioport.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#define HZ 16000000
#define TICK_US 200 /* about a byte of 57600 baud */
#define OFF_US 30000 /* how long the power stays away */
#define REST_US 100000

/* A turn, in us after the motor got power. */
#define LEAVES 20000
#define FALLS 45000
#define SEEN 10000 /* ... and hides the beam so long */
#define HOME 60000

#define SRAM 0x100
#define LOOP 0x7000 /* unused flash: the program that does nothing */

static avr_t *avr;
static int uart, control;

static long now; /* us */

/* The motor that has power, and what is to become of it. */
static struct {
	int slot; /* 0: none */
	long since;
	int fell, jam, stuck;
} motor;

static long beam_until;
static int beam_blocked, jam_next, stuck_next, hang_next;
static enum { NO_CUT, BEFORE, AFTER, CUT_IN, CUT_BYTE } cut;
static long cut_us, cut_at;
static int cut_bytes, bytes_left; /* 0: no cut there */

static int keys[1024], key_in, key_out;
static long key_since;

static char in[256];
static int in_len, in_at;
static avr_irq_t *rxd;

static long fed;  /* bytes that the UART got, or a power cut swallowed */
static long busy; /* when the board last heard or said something */

static void say(const char *what, int slot)
{
	if (slot)
		printf("%s %d\n", what, slot);
	else
		printf("%s\n", what);
	fflush(stdout);
}

/* Data addresses of a port's registers. */
#define DDR(port) (0x24 + 3 * ((port) - 'B'))
#define OUT(port) (DDR(port) + 1)

/* set is what a wire from outside does to a pin. It must be told as the port's
 * default, too, or the next write to the port pulls the pin up. */
static void set(char port, int bit, int level)
{
	static avr_ioport_external_t wires[3];
	avr_ioport_external_t *w = &wires[port - 'B'];
	unsigned value = (w->value & ~(1u << bit)) | (unsigned)level << bit;
	if (w->mask >> bit & 1 && value == w->value)
		return;
	w->name = port;
	w->mask |= 1u << bit;
	w->value = value;
	avr_ioctl(avr, AVR_IOCTL_IOPORT_SET_EXTERNAL(port), w);
	avr_raise_irq(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ(port), bit), level);
}

static unsigned driven(char port)
{
	return avr->data[OUT(port)] & avr->data[DDR(port)];
}

static int powered(void)
{
	unsigned on = driven('D') >> 4 | (driven('B') & 15) << 4;
	for (int s = 1; s <= 8; s++)
		if (on & 1u << (s - 1))
			return s;
	return 0;
}

static void motor_off(void)
{
	if (motor.slot)
		say("off", motor.slot);
	motor.slot = 0;
}

static void motor_on(int slot)
{
	memset(&motor, 0, sizeof motor);
	motor.slot = slot;
	motor.since = now;
	motor.jam = jam_next;
	motor.stuck = stuck_next;
	jam_next = stuck_next = 0;
	say("turn", slot);
	if (cut == BEFORE)
		cut_at = now + LEAVES;
}

/* hang makes the watchdog the only thing that still works. */
static void hang(void)
{
	avr->flash[LOOP] = 0xFF;
	avr->flash[LOOP + 1] = 0xCF; /* rjmp . */
	avr->pc = LOOP;
	avr->sreg[S_I] = 0;
	hang_next = 0;
}

static void turn(void)
{
	int slot = powered();
	if (slot != motor.slot) {
		motor_off();
		if (slot)
			motor_on(slot);
	}
	long age = now - motor.since;
	int turning = motor.slot && !motor.stuck;
	if (turning && !motor.fell && !motor.jam && age >= FALLS) {
		motor.fell = 1;
		beam_until = now + SEEN;
		say("drop", motor.slot);
		if (cut == AFTER)
			cut_at = now + 3000;
	}
	set('C', 4, turning && age >= LEAVES && age < HOME);
	set('C', 3, beam_blocked || now < beam_until);
}

static void keypad(void)
{
	int row = -1, key = key_in != key_out ? keys[key_out] - 1 : -1;
	unsigned rows = driven('C');
	for (int r = 0; r < 3; r++)
		if (!(rows & 1u << r))
			row = r;
	if (key >= 0 && key_since == 0)
		key_since = now;
	int down = key >= 0 && now - key_since < 20000;
	int column = down && key / 3 == row ? key % 3 : -1;
	set('D', 2, column != 0);
	set('D', 3, column != 1);
	set('B', 4, column != 2);
	if (key >= 0 && now - key_since >= 40000) {
		key_out = (key_out + 1) % 1024;
		key_since = 0;
	}
}

/* feed gives the UART a byte when the line has had time for it. */
static void feed(void)
{
	static int ticks;
	if (in_at == in_len && ticks++ % 5 == 0) {
		ssize_t n = read(uart, in, sizeof in);
		in_at = 0;
		in_len = n > 0 ? n : 0;
	}
	if (in_at == in_len)
		return;
	if (cut == CUT_IN && in[in_at] == 'V') {
		cut_at = now + cut_us;
		cut = NO_CUT;
	}
	if (cut == CUT_BYTE && in[in_at] == 'V') {
		bytes_left = cut_bytes;
		cut = NO_CUT;
	}
	fed++;
	busy = now;
	avr_raise_irq(rxd, (uint8_t)in[in_at++]);
}

static void sent(struct avr_irq_t *irq, uint32_t value, void *param)
{
	(void)irq, (void)param;
	uint8_t b = value;
	busy = now;
	if (write(uart, &b, 1) < 0)
		return; /* nobody listens */
}

#define EECR 0x3F
#define EEPE 2

/* written is called for each write to EECR; the byte is in the EEPROM when the
 * instruction is over, and so is the power. */
static void written(struct avr_irq_t *irq, uint32_t value, void *param)
{
	(void)irq, (void)param;
	if (value & EEPE && bytes_left && --bytes_left == 0)
		cut_at = now;
}

static void power_cycle(void)
{
	cut = NO_CUT;
	cut_at = bytes_left = 0;
	motor_off();
	usleep(OFF_US);
	fed += in_len - in_at;
	in_at = in_len = 0;
	tcflush(uart, TCOFLUSH);
	for (ssize_t n; (n = read(uart, in, sizeof in)) > 0;)
		fed += n;
	avr_reset(avr);
	for (int i = SRAM; i <= avr->ramend; i++)
		avr->data[i] = rand();
}

static void rom(int at, int wipe)
{
	uint8_t all[1024];
	avr_eeprom_desc_t d = {.ee = all, .offset = 0, .size = sizeof all};
	avr_ioctl(avr, AVR_IOCTL_EEPROM_GET, &d);
	if (wipe)
		memset(all, 0xFF, sizeof all);
	else
		all[at % sizeof all] ^= 0x10;
	avr_ioctl(avr, AVR_IOCTL_EEPROM_SET, &d);
}

static void obey(const char *s)
{
	int n;
	if (sscanf(s, "press %d", &n) == 1 && (key_in + 1) % 1024 != key_out) {
		keys[key_in] = n;
		key_in = (key_in + 1) % 1024;
	} else if (!strcmp(s, "jam")) {
		jam_next = 1;
	} else if (!strcmp(s, "stuck")) {
		stuck_next = 1;
	} else if (!strcmp(s, "cut before")) {
		cut = BEFORE;
	} else if (!strcmp(s, "cut after")) {
		cut = AFTER;
	} else if (sscanf(s, "cut in %ld", &cut_us) == 1) {
		cut = CUT_IN;
	} else if (sscanf(s, "cut byte %d", &cut_bytes) == 1) {
		cut = CUT_BYTE;
	} else if (!strcmp(s, "hang")) {
		hang_next = 1;
	} else if (!strcmp(s, "wipe")) {
		rom(0, 1);
	} else if (sscanf(s, "rot %d", &n) == 1) {
		rom(n, 0);
	} else if (sscanf(s, "beam %d", &n) == 1) {
		beam_blocked = n;
	} else if (!strcmp(s, "reset")) {
		cut_at = now;
	} else {
		exit(0);
	}
}

/* rest tells how many bytes the board has dealt with. */
static void rest(void)
{
	static long told = -1;
	if (told == fed || now - busy < REST_US)
		return;
	told = fed;
	printf("rest %ld\n", fed);
	fflush(stdout);
}

static void listen(void)
{
	static char buf[4096];
	static int len;
	ssize_t n = read(control, buf + len, sizeof buf - 1 - len);
	if (n == 0)
		exit(0); /* whoever started this is gone */
	if (n < 0)
		return;
	len += n;
	buf[len] = 0;
	char *line = buf, *end;
	for (; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		obey(line);
	}
	len = strlen(line);
	memmove(buf, line, len + 1);
}

static long clock_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

/* pace holds the board's time back to real time. What a busy machine lost is
 * made up for, up to half a second. */
static void pace(void)
{
	static long base;
	long ahead = now + base - clock_us();
	if (ahead < -500000 || ahead > 1000000)
		base = clock_us() - now;
	else if (ahead > 2000)
		usleep(ahead);
}

#define TICK (HZ / 1000000 * TICK_US) /* cycles */

static avr_cycle_count_t ticked;

static avr_cycle_count_t tick(avr_t *a, avr_cycle_count_t when, void *param)
{
	(void)param;
	ticked = a->cycle;
	now += TICK_US;
	turn();
	keypad();
	feed();
	return when + TICK;
}

/* wind starts the tick, and again after a reset, which forgets it. */
static void wind(void)
{
	if (ticked && avr->cycle - ticked < 10 * TICK)
		return;
	if (ticked)
		say("reset", 0);
	ticked = avr->cycle;
	avr_cycle_timer_register(avr, TICK, tick, NULL);
}

static void no_sleep(avr_t *a, avr_cycle_count_t cycles)
{
	(void)a, (void)cycles; /* pace does it */
}

/* A board that hangs on purpose loses bytes: that is no news. */
static void quiet(avr_t *a, const int level, const char *format, va_list ap)
{
	(void)a, (void)level, (void)format, (void)ap;
}

static int open_uart(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	struct termios t;
	if (fd < 0 || grantpt(fd) || unlockpt(fd) || tcgetattr(fd, &t)) {
		perror("open a pseudo terminal");
		exit(1);
	}
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	printf("%s\n", ptsname(fd));
	fflush(stdout);
	/* A slave of our own: without one the terminal hangs up between clients. */
	if (open(ptsname(fd), O_RDWR | O_NOCTTY) < 0)
		perror("open the terminal's other side");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void load(const char *path)
{
	elf_firmware_t f = {0};
	avr_global_logger_set(quiet);
	if (elf_read_firmware(path, &f)) {
		fprintf(stderr, "%s is no firmware\n", path);
		exit(1);
	}
	avr = avr_make_mcu_by_name("atmega328p");
	avr_init(avr);
	avr->frequency = HZ;
	avr->sleep = no_sleep;
	avr_load_firmware(avr, &f);
	uint32_t flags = 0;
	avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
	avr_irq_register_notify(avr_iomem_getirq(avr, EECR, NULL, AVR_IOMEM_IRQ_ALL), written, NULL);
	rxd = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
	avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), sent, NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: runner wvl.elf\n");
		return 2;
	}
	load(argv[1]);
	uart = open_uart();
	fcntl(control, F_SETFL, O_NONBLOCK);
	for (int i = 0; i <= avr->ramend - SRAM; i++)
		avr->data[SRAM + i] = rand();
	long looked = 0;
	for (;;) {
		wind();
		int state = avr_run(avr);
		if (state == cpu_Done || state == cpu_Crashed) {
			fprintf(stderr, "the program ended (state %d)\n", state);
			return 1;
		}
		if (hang_next && motor.slot && now - motor.since > 5000)
			hang();
		if (cut_at && now >= cut_at)
			power_cycle();
		if (now - looked >= 1000) {
			looked = now;
			pace();
			listen();
			rest();
		}
	}
}
