// A kernel of a hundred lines: pages a user program in, one frame at a time, and out again.
//
// There are fewer frames than pages, so pages come and go while the program runs; a timer takes one away now and then
// even while it is in use. Entries begin without A and D. A page that differs from its copy when it is evicted must have
// D, one with D must have A; failures end the run with numbers from 900 on.
//
// The kernel is compiled without floating point: the program's registers stay in the hart.

typedef unsigned long word;
enum { page_size = 4096, frame_count = 5, page_count_max = 128 };
enum { valid = 1, readable = 2, writable = 4, executable = 8, user = 16, accessed = 64, dirty = 128 };

#ifndef LEVELS
#define LEVELS 3
#endif

static word top[512] __attribute__((aligned(4096)));
static word root[512] __attribute__((aligned(4096)));
static word mega[512] __attribute__((aligned(4096)));
static word leaves[512] __attribute__((aligned(4096)));
static unsigned char frames[frame_count][page_size] __attribute__((aligned(4096)));
// The page that a frame holds, plus one; zero when it is free.
static word holder[frame_count];
static word next_victim;
static word random_state = 0x2545f4914f6cdd1d;

extern unsigned char user_load[];
extern char user_page_count[];
static const word user_base = 0x40000000;

void kernel_end(long number);

static word pages(void) { return (word)user_page_count; }
static unsigned char *stored(word page) { return user_load + page * page_size; }
static void fence(word address) { __asm__ volatile("sfence.vma %0" ::"r"(address) : "memory"); }

static word read_stval(void) {
    word value;
    __asm__ volatile("csrr %0, stval" : "=r"(value));
    return value;
}

static word read_scause(void) {
    word value;
    __asm__ volatile("csrr %0, scause" : "=r"(value));
    return value;
}

static void copy(unsigned char *to, const unsigned char *from) {
    for (int i = 0; i < page_size; i += 8) *(word *)(to + i) = *(const volatile word *)(from + i);
}

static int differs(const unsigned char *one, const unsigned char *other) {
    for (int i = 0; i < page_size; i += 8)
        if (*(const word *)(one + i) != *(const word *)(other + i)) return 1;
    return 0;
}

static void set_timer(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    word now;
    __asm__ volatile("csrr %0, time" : "=r"(now));
    __asm__ volatile("csrw stimecmp, %0" ::"r"(now + 40 + (random_state & 127)));
}

static void evict(word frame) {
    if (holder[frame] == 0) return;
    word page = holder[frame] - 1, entry = leaves[page];
    if (differs(frames[frame], stored(page)) && !(entry & dirty)) kernel_end(901);
    if ((entry & dirty) && !(entry & accessed)) kernel_end(902);
    if (entry & dirty) copy(stored(page), frames[frame]);
    leaves[page] = 0;
    holder[frame] = 0;
    fence(user_base + page * page_size);
}

static void bring_in(word page) {
    word frame = next_victim;
    next_victim = (next_victim + 1) % frame_count;
    evict(frame);
    copy(frames[frame], stored(page));
    holder[frame] = page + 1;
    leaves[page] = (word)frames[frame] >> 2 | valid | readable | writable | executable | user;
    __asm__ volatile("fence.i");
    fence(user_base + page * page_size);
}

static void page_fault(word cause) {
    word address = read_stval();
    if (address < user_base || address >= user_base + pages() * page_size) kernel_end(903);
    word page = (address - user_base) / page_size;
    if (leaves[page] == 0) return bring_in(page);
    // A hart that leaves A and D to software comes here for them.
    word wanted = cause == 15 ? accessed | dirty : accessed;
    if ((leaves[page] & wanted) == wanted) kernel_end(904);
    leaves[page] |= wanted;
    fence(address);
}

// Takes over a user trap; returns to go on at sepc.
void kernel_trap(word *registers) {
    word cause = read_scause();
    if (cause == 12 || cause == 13 || cause == 15) return page_fault(cause);
    if (cause == (1ul << 63 | 5)) {
        evict(random_state % frame_count);
        return set_timer();
    }
    if (cause == 8) {
        for (word frame = 0; frame < frame_count; frame += 1) evict(frame);
        kernel_end(registers[3]);
    }
    kernel_end(910 + (cause & 63));
}

// Builds the tables: the kernel by a gigapage onto itself, the user program not at all yet. Returns satp.
word kernel_main(void) {
    if (pages() > page_count_max) kernel_end(905);
    root[2] = 0x80000000ul >> 2 | valid | readable | writable | executable | accessed | dirty;
    root[1] = (word)mega >> 2 | valid;
    mega[0] = (word)leaves >> 2 | valid;
    top[0] = (word)root >> 2 | valid;
    set_timer();
    __asm__ volatile("csrs sie, %0" ::"r"(1 << 5));
#if LEVELS == 4
    return 9ul << 60 | (word)top >> 12;
#else
    return 8ul << 60 | (word)root >> 12;
#endif
}
