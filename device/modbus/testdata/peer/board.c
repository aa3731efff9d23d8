/* A relay board on libmodbus: the library reads the requests and makes the
   answers, and what is here is the metal. Arguments: the port, and "dam" for a
   board that knows the DAM pulse (mode 4) or "plain" for one that knows none.
   Holding register 40 counts products; they fall when a relay goes off. Input 1
   is on from the 40th look at the inputs to the 60th. Prints a line when ready. */
#include <errno.h>
#include <modbus.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RELAYS 8

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int dam = !strcmp(argv[2], "dam"), looks = 0;
  double until[RELAYS] = {0};
  modbus_t *ctx = modbus_new_rtu(argv[1], 115200, 'N', 8, 1);
  modbus_mapping_t *map = modbus_mapping_new(0x300, 16, 0x1100, 16);
  if (!ctx || !map || modbus_set_slave(ctx, 1) || modbus_connect(ctx)) {
    fprintf(stderr, "%s\n", modbus_strerror(errno));
    return 1;
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    uint8_t q[MODBUS_RTU_MAX_ADU_LENGTH];
    int n = modbus_receive(ctx, q);
    if (n == -1 && errno == EIO) return 0;
    if (n <= 0) continue;
    for (int i = 0; i < RELAYS; i++)
      if (until[i] && now() >= until[i]) {
        until[i] = 0;
        map->tab_bits[i] = 0;
        map->tab_registers[40]++;
      }
    if (q[1] == 2) {
      looks++;
      map->tab_input_bits[0] = looks >= 40 && looks < 60;
    }
    if (modbus_reply(ctx, q, n, map) == -1) return 0;
    for (int i = 0; dam && q[1] == 16 && i < RELAYS; i++)
      if (q[2] * 256 + q[3] == 3 + 5 * i && map->tab_registers[3 + 5 * i] == 4) {
        map->tab_bits[i] = 1;
        until[i] = now() + map->tab_registers[4 + 5 * i] / 10.0;
      }
  }
}
