// A small supervisor under Sv39 that works, prints and listens, so that a history of it has everything in it: page-table
// stores, timer interrupts, console output, console input, and waiting.
//
// Rounds of work remap a window page and fill it; then it waits for input and answers each character with a round whose
// work depends on it. 'q' powers off. Test 1: a window page does not hold what was written through the window.
#include <stdint.h>

#define ROUND_COUNT 24
#define WINDOW_PAGE_COUNT 8
#define PAGE_BYTES 4096

static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000;
static volatile uint32_t *const power = (volatile uint32_t *)0x00100000;
static volatile uint64_t *const mtime = (volatile uint64_t *)0x0200bff8;
static volatile uint64_t *const mtimecmp = (volatile uint64_t *)0x02004000;
#define TICK_PERIOD 2000  // of mtime, at 10 MHz: 5 kHz

#define PTE_TABLE 0x01u
#define PTE_LEAF 0xcfu    // D A X W R V
#define PTE_WINDOW 0x07u  // W R V: the walk sets A and D
#define HIGH_BASE 0xffffffc000000000ull

struct page {
  uint8_t bytes[PAGE_BYTES];
} __attribute__((aligned(PAGE_BYTES)));

static struct page root_table, middle_table, leaf_table;
static struct page window_pages[WINDOW_PAGE_COUNT];
static struct {
  volatile uint64_t count;
} __attribute__((aligned(PAGE_BYTES))) ticks;

static void put_character(char character) {
  while (!(uart[5] & 0x20)) {
  }
  uart[0] = (uint8_t)character;
}

static void put_string(const char *text) {
  while (*text) put_character(*text++);
}

static void put_hex(uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) put_character("0123456789abcdef"[(value >> shift) & 15]);
}

static uint64_t entry_for(const void *target, uint64_t flags) {
  return (uint64_t)target >> 12 << 10 | flags;
}

static void build_page_tables(void) {
  uint64_t *root = (uint64_t *)root_table.bytes;
  uint64_t *middle = (uint64_t *)middle_table.bytes;
  root[0] = entry_for((void *)0, PTE_LEAF);
  root[2] = entry_for((void *)0x80000000, PTE_LEAF);
  root[256] = entry_for(&middle_table, PTE_TABLE);
  middle[0] = entry_for(&leaf_table, PTE_TABLE);
  ((uint64_t *)leaf_table.bytes)[0] = entry_for(&ticks, PTE_LEAF);
}

// No SFENCE.VMA: the machine keeps its translations in step by itself, and a history must not depend on it.
static volatile uint64_t *map_window(uint64_t page) {
  ((volatile uint64_t *)leaf_table.bytes)[1] = entry_for(&window_pages[page % WINDOW_PAGE_COUNT], PTE_WINDOW);
  return (volatile uint64_t *)(HIGH_BASE + PAGE_BYTES);
}

static uint64_t state = 88172645463325252ull;

static uint64_t next_number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static void play_round(uint64_t round, uint64_t seed) {
  state ^= seed << 32;
  volatile uint64_t *window = map_window(round);
  for (unsigned index = 0; index < PAGE_BYTES / 8; index++) window[index] = next_number();
  uint64_t sum = 0;
  for (unsigned pass = 0; pass < 8; pass++)
    for (unsigned index = 0; index < PAGE_BYTES / 8; index++) sum = sum * 31 + window[index];
  if (((volatile uint64_t *)window_pages[round % WINDOW_PAGE_COUNT].bytes)[511] != window[511])
    *power = 1u << 16 | 0x3333;
  put_string("round ");
  put_hex(round);
  put_string(" sum ");
  put_hex(sum);
  put_string("\n");
}

static void supervise(void) {
  uint64_t round = 0;
  while (round < ROUND_COUNT) play_round(round++, 0);
  put_string("listening\n");
  for (;;) {
    while (!(uart[5] & 1)) __asm__ volatile("wfi");
    char character = (char)uart[0];
    if (character == 'q') break;
    put_character(character);
    play_round(round++, (uint8_t)character + (*mtime << 8));
  }
  put_string("ECHO-DONE\n");
  *power = 0x5555;
  for (;;) {
  }
}

__attribute__((interrupt("machine"), aligned(4))) static void machine_trap(void) {
  uint64_t cause;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause != (1ull << 63 | 7)) *power = 2u << 16 | 0x3333;
  ticks.count++;
  *mtimecmp = *mtime + TICK_PERIOD;
}

int main(void) {
  build_page_tables();
  *mtimecmp = *mtime + TICK_PERIOD;
  __asm__ volatile(
      "csrw mtvec, %[trap]\n"
      "csrw pmpaddr0, %[everything]\n"
      "csrw pmpcfg0, %[allowed]\n"
      "csrw satp, %[satp]\n"
      "sfence.vma\n"
      "csrs mie, %[timer]\n"
      "csrc mstatus, %[privilege]\n"
      "csrs mstatus, %[supervisor]\n"
      "csrw mepc, %[entry]\n"
      "mret\n" ::[trap] "r"(machine_trap),
      [everything] "r"(-1ull), [allowed] "r"(0x1full),
      [satp] "r"(8ull << 60 | (uint64_t)&root_table >> 12), [timer] "r"(1ull << 7), [privilege] "r"(3ull << 11),
      [supervisor] "r"(1ull << 11), [entry] "r"(supervise)
      : "memory");
  __builtin_unreachable();
}
