// The demo's guest where Debian's kernel cannot be had: a small supervisor with page tables, a timer and a console.
//
// M-mode keeps only the tick counter, from the machine timer; everything else runs in S-mode under Sv39. Each round
// remaps a window page, fills and sorts an array through it, hashes the result and prints one line. Every round's page
// table store, tick and console line is something that the history can be asked about afterwards.
#include <stdint.h>

#define ROUND_COUNT 40
#define ITEM_COUNT 16384
#define SORTS_PER_ROUND 12
#define WINDOW_PAGE_COUNT 32
#define PAGE_BYTES 4096

// Where the board of DESIGN.md (and QEMU's virt) has its devices.
static volatile uint8_t *const uart = (volatile uint8_t *)0x10000000;
static volatile uint32_t *const power = (volatile uint32_t *)0x00100000;
static volatile uint64_t *const mtime = (volatile uint64_t *)0x0200bff8;
static volatile uint64_t *const mtimecmp = (volatile uint64_t *)0x02004000;
#define TICK_PERIOD 100000  // of mtime, at 10 MHz: 100 Hz

#define PTE_TABLE 0x01u
#define PTE_LEAF 0xcfu  // D A X W R V
#define HIGH_BASE 0xffffffc000000000ull

struct page {
  uint8_t bytes[PAGE_BYTES];
} __attribute__((aligned(PAGE_BYTES)));

static struct page root_table, middle_table, leaf_table;
static struct page window_pages[WINDOW_PAGE_COUNT];
static struct {
  volatile uint64_t count;
} __attribute__((aligned(PAGE_BYTES))) ticks;
static uint32_t items[ITEM_COUNT];

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

static void put_decimal(uint64_t value) {
  if (value >= 10) put_decimal(value / 10);
  put_character((char)('0' + value % 10));
}

static uint64_t entry_for(const void *target, uint64_t flags) {
  return (uint64_t)target >> 12 << 10 | flags;
}

// Identity for devices and RAM (two 1 GiB leaves); at HIGH_BASE the tick counter's page, then the window.
static void build_page_tables(void) {
  uint64_t *root = (uint64_t *)root_table.bytes;
  uint64_t *middle = (uint64_t *)middle_table.bytes;
  uint64_t *leaf = (uint64_t *)leaf_table.bytes;
  root[0] = entry_for((void *)0, PTE_LEAF);
  root[2] = entry_for((void *)0x80000000, PTE_LEAF);
  root[256] = entry_for(&middle_table, PTE_TABLE);
  middle[0] = entry_for(&leaf_table, PTE_TABLE);
  leaf[0] = entry_for(&ticks, PTE_LEAF);
}

static uint32_t *map_window(unsigned page) {
  ((uint64_t *)leaf_table.bytes)[1] = entry_for(&window_pages[page % WINDOW_PAGE_COUNT], PTE_LEAF);
  __asm__ volatile("sfence.vma" ::: "memory");
  return (uint32_t *)(HIGH_BASE + PAGE_BYTES);
}

static void fill(uint32_t seed) {
  for (unsigned index = 0; index < ITEM_COUNT; index++) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    items[index] = seed;
  }
}

static void sift_down(unsigned start, unsigned end) {
  for (unsigned parent = start; parent * 2 + 1 < end;) {
    unsigned child = parent * 2 + 1;
    if (child + 1 < end && items[child] < items[child + 1]) child++;
    if (items[parent] >= items[child]) return;
    uint32_t held = items[parent];
    items[parent] = items[child];
    items[child] = held;
    parent = child;
  }
}

static void heap_sort(void) {
  for (unsigned start = ITEM_COUNT / 2; start-- > 0;) sift_down(start, ITEM_COUNT);
  for (unsigned end = ITEM_COUNT - 1; end > 0; end--) {
    uint32_t largest = items[0];
    items[0] = items[end];
    items[end] = largest;
    sift_down(0, end);
  }
}

static uint64_t hash_items(void) {
  uint64_t hash = 0xcbf29ce484222325ull;
  for (unsigned index = 0; index < ITEM_COUNT; index++) hash = (hash ^ items[index]) * 0x100000001b3ull;
  return hash;
}

static void play_round(unsigned round) {
  uint64_t hash = 0;
  for (unsigned sort = 0; sort < SORTS_PER_ROUND; sort++) {
    fill(round * SORTS_PER_ROUND + sort + 1);
    heap_sort();
    hash ^= hash_items();
  }
  uint32_t *window = map_window(round);
  for (unsigned index = 0; index < PAGE_BYTES / 4; index++) window[index] = items[index * (ITEM_COUNT / 1024)];
  put_string("PALIMPSEST-STEP ");
  put_decimal(round + 1);
  put_string(": sorted ");
  put_decimal(SORTS_PER_ROUND * ITEM_COUNT);
  put_string(" numbers, hash ");
  put_hex(hash);
  put_string("\n");
}

static void supervise(void) {
  put_string("PALIMPSEST-BOOT-OK bare guest, Sv39\n");
  put_hex(HIGH_BASE);
  put_string(" D jiffies\n");
  for (unsigned round = 0; round < ROUND_COUNT; round++) play_round(round);
  const volatile uint64_t *high_ticks = (const volatile uint64_t *)HIGH_BASE;
  put_string(*high_ticks > 0 ? "PALIMPSEST-DEMO-DONE\n" : "no tick was counted\n");
  *power = 0x5555;
  for (;;) {
  }
}

// Only the machine timer reaches M-mode; anything else is a fault of this program and ends it as QEMU's test device
// and ours understand a failure: the number in the upper half.
__attribute__((interrupt("machine"), aligned(4))) static void machine_trap(void) {
  uint64_t cause;
  __asm__ volatile("csrr %0, mcause" : "=r"(cause));
  if (cause != (1ull << 63 | 7)) *power = 1u << 16 | 0x3333;
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
