// A library to preload (LD_PRELOAD) that stands between a program and its files below one directory, counts the calls
// that change them, and makes one fail, kills the program at one, or records them all so that a loss of power can be
// replayed. Linux. `tools/torture` builds and uses it.
//
//   FAULT_DIR     the directory; without it nothing happens
//   FAULT_REPORT  a file that holds a `struct report` while and after the program runs
//   FAULT_AT      the number of the call to strike, from 1; 0 or absent strikes none
//   FAULT_MODE    error  the call fails with FAULT_ERRNO without effect
//                 short  the call, where it writes, writes half of what it was given and says so
//                 kill   SIGKILL, before the call or, where FAULT_HALF is set and it writes, after half of it
//   FAULT_LASTS   set: all later calls fail, too
//   FAULT_TRACE   a file for the trace (`struct record`)
//   FAULT_ACK     a file outside FAULT_DIR; what is written to it goes into the trace
//
// ENOSPC strikes only calls that can need room. Calls are made one at a time, so that the trace is in their order and a
// sync in it covers exactly what stands before it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct report {
    uint64_t calls;
    uint64_t struck;
    char what[496];
};

// Followed by the path, a second path (rename, link) or nothing, and the data.
struct record {
    uint32_t kind;
    int32_t descriptor;
    uint64_t offset;
    uint32_t path_length;
    uint32_t second_length;
    uint64_t data_length;
};

enum kind {
    kind_open = 'o', // offset: 1 created, 2 truncated
    kind_write = 'w',
    kind_sync = 's',
    kind_truncate = 't',
    kind_extend = 'e', // the file is at least `offset` long
    kind_rename = 'r',
    kind_link = 'l',
    kind_unlink = 'u',
    kind_mkdir = 'm',
    kind_rmdir = 'd',
    kind_close = 'c',
    kind_acknowledge = 'k',
};

enum role { role_none, role_below, role_readonly, role_acknowledgements };

#define DESCRIPTORS 4096
static unsigned char roles[DESCRIPTORS];
static char *names[DESCRIPTORS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char directory[PATH_MAX];
static size_t directory_length;
static char acknowledgements[PATH_MAX];
static struct report *report;
static struct report private_report;
static uint64_t strike_at;
static enum { mode_error, mode_short, mode_kill } mode;
static int lasts, half, fault_errno = EIO, trace = -1;

// Declares `real_NAME`, found when it is first needed: other libraries' constructors may come before ours.
#define REAL(result, name, parameters)                                                                                  \
    static result(*real_##name) parameters;                                                                             \
    static void find_##name(void) {                                                                                     \
        if (!real_##name) real_##name = (result(*) parameters)dlsym(RTLD_NEXT, #name);                                  \
    }
REAL(int, openat, (int, const char *, int, ...))
REAL(ssize_t, write, (int, const void *, size_t))
REAL(ssize_t, pwrite, (int, const void *, size_t, off_t))
REAL(ssize_t, writev, (int, const struct iovec *, int))
REAL(ssize_t, pwritev, (int, const struct iovec *, int, off_t))
REAL(int, fsync, (int))
REAL(int, fdatasync, (int))
REAL(int, sync_file_range, (int, off_t, off_t, unsigned))
REAL(int, ftruncate, (int, off_t))
REAL(int, fallocate, (int, int, off_t, off_t))
REAL(int, posix_fallocate, (int, off_t, off_t))
REAL(int, rename, (const char *, const char *))
REAL(int, link, (const char *, const char *))
REAL(int, unlink, (const char *))
REAL(int, mkdir, (const char *, mode_t))
REAL(int, rmdir, (const char *))
REAL(int, close, (int))
REAL(FILE *, fopen, (const char *, const char *))
REAL(int, fclose, (FILE *))
REAL(size_t, fwrite, (const void *, size_t, size_t, FILE *))
REAL(int, fflush, (FILE *))

static uint64_t number(const char *name) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : 0;
}

static void start_report(const char *path) {
    report = &private_report;
    if (!path) return;
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0 || syscall(SYS_ftruncate, descriptor, sizeof *report) != 0) abort();
    void *shared = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (shared == MAP_FAILED) abort();
    report = shared;
    syscall(SYS_close, descriptor);
}

__attribute__((constructor)) static void start(void) {
    const char *named = getenv("FAULT_DIR");
    if (!named || !realpath(named, directory)) return;
    start_report(getenv("FAULT_REPORT"));
    const char *kind = getenv("FAULT_MODE");
    mode = kind && !strcmp(kind, "short") ? mode_short : kind && !strcmp(kind, "kill") ? mode_kill : mode_error;
    strike_at = number("FAULT_AT");
    if (number("FAULT_ERRNO")) fault_errno = (int)number("FAULT_ERRNO");
    lasts = getenv("FAULT_LASTS") != NULL;
    half = getenv("FAULT_HALF") != NULL;
    if (getenv("FAULT_ACK")) snprintf(acknowledgements, sizeof acknowledgements, "%s", getenv("FAULT_ACK"));
    const char *path = getenv("FAULT_TRACE");
    if (path) {
        trace = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (trace < 0) abort();
    }
    directory_length = strlen(directory);
}

// MARK: What is below the directory

// The path by which an open file is known, without links and "..".
static const char *path_of(int descriptor, char buffer[PATH_MAX]) {
    char link_name[64];
    snprintf(link_name, sizeof link_name, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link_name, buffer, PATH_MAX - 1);
    if (length < 0) return NULL;
    buffer[length] = 0;
    return buffer;
}

static const char *absolute(int folder, const char *path, char buffer[PATH_MAX]) {
    if (path[0] == '/') return path;
    char base[PATH_MAX];
    if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(folder, base)) return path;
    if (strlen(base) + strlen(path) + 2 > PATH_MAX) return path;
    strcpy(buffer, base);
    strcat(buffer, "/");
    strcat(buffer, path);
    return buffer;
}

// What follows the directory in a path below it, "" for the directory itself; NULL elsewhere.
static const char *below(const char *path) {
    if (directory_length == 0 || strncmp(path, directory, directory_length) != 0) return NULL;
    const char *rest = path + directory_length;
    if (*rest != 0 && *rest != '/') return NULL;
    while (*rest == '/') rest++;
    return rest;
}

static enum role role_of(int descriptor) {
    return descriptor >= 0 && descriptor < DESCRIPTORS ? roles[descriptor] : role_none;
}

static const char *name_of(int descriptor) {
    return role_of(descriptor) != role_none && names[descriptor] ? names[descriptor] : "";
}

static void note_open(int descriptor, enum role role, const char *name) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return;
    free(names[descriptor]);
    names[descriptor] = strdup(name);
    roles[descriptor] = role;
}

static int is_new(const char *path) {
    struct stat status;
    return syscall(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) != 0;
}

// MARK: The trace

static void put(const void *bytes, size_t count) {
    const char *next = bytes;
    while (count > 0) {
        ssize_t written = syscall(SYS_write, trace, next, count);
        if (written <= 0) abort();
        next += written;
        count -= (size_t)written;
    }
}

static void record(enum kind kind, int descriptor, uint64_t offset, const char *path, const char *second,
                   const void *data, size_t data_length) {
    if (trace < 0) return;
    int code = errno;
    struct record header = {kind, descriptor, offset, path ? (uint32_t)strlen(path) : 0,
                            second ? (uint32_t)strlen(second) : 0, data_length};
    put(&header, sizeof header);
    if (path) put(path, header.path_length);
    if (second) put(second, header.second_length);
    put(data, data_length);
    errno = code;
}

// MARK: Faults

enum strike { strike_none, strike_error, strike_short };

// Counts a call and says what is to become of it.
static enum strike next_call(const char *call, const char *name, int needs_room, int writes) {
    uint64_t index = ++report->calls;
    if (strike_at == 0 || index < strike_at) return strike_none;
    if (index > strike_at && !lasts) return strike_none;
    if (mode == mode_error && fault_errno == ENOSPC && !needs_room) return strike_none;
    if (mode == mode_short && !writes) return strike_none;
    if (!report->struck) snprintf(report->what, sizeof report->what, "%s %s", call, name);
    report->struck++;
    if (mode == mode_kill) {
        if (half && writes) return strike_short;
        syscall(SYS_kill, getpid(), SIGKILL);
    }
    return mode == mode_short ? strike_short : strike_error;
}

static void end_if_killed(void) {
    if (mode == mode_kill) syscall(SYS_kill, getpid(), SIGKILL);
}

#define ENTER pthread_mutex_lock(&lock)
#define LEAVE(result)                                                                                                   \
    do {                                                                                                                \
        int code = errno;                                                                                               \
        pthread_mutex_unlock(&lock);                                                                                    \
        errno = code;                                                                                                   \
        return (result);                                                                                                \
    } while (0)
#define FAIL(result)                                                                                                    \
    do {                                                                                                                \
        errno = fault_errno;                                                                                            \
        LEAVE(result);                                                                                                  \
    } while (0)

// MARK: Opening and closing

static int opened(int folder, const char *path, int flags, mode_t permissions) {
    find_openat();
    char buffer[PATH_MAX];
    const char *full = absolute(folder, path, buffer);
    const char *name = below(full);
    if (!name) {
        int descriptor = real_openat(folder, path, flags, permissions);
        if (descriptor >= 0 && acknowledgements[0] && !strcmp(full, acknowledgements))
            note_open(descriptor, role_acknowledgements, "");
        return descriptor;
    }
    ENTER;
    int creates = (flags & O_CREAT) && is_new(full);
    int truncates = !creates && (flags & O_TRUNC);
    if ((creates || truncates) && next_call("open", name, creates, 0) == strike_error) FAIL(-1);
    int descriptor = real_openat(folder, path, flags, permissions);
    if (descriptor >= 0) {
        char resolved[PATH_MAX];
        const char *known = path_of(descriptor, resolved);
        if (known && below(known)) name = below(known);
        note_open(descriptor, (flags & O_ACCMODE) == O_RDONLY ? role_readonly : role_below, name);
        record(kind_open, descriptor, (uint64_t)(creates | truncates << 1), name, NULL, NULL, 0);
    }
    LEAVE(descriptor);
}

#define PERMISSIONS(flags)                                                                                              \
    mode_t permissions = 0;                                                                                             \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                              \
        va_list arguments;                                                                                              \
        va_start(arguments, flags);                                                                                     \
        permissions = va_arg(arguments, mode_t);                                                                        \
        va_end(arguments);                                                                                              \
    }

int open(const char *path, int flags, ...) {
    PERMISSIONS(flags)
    return opened(AT_FDCWD, path, flags, permissions);
}
int open64(const char *path, int flags, ...) {
    PERMISSIONS(flags)
    return opened(AT_FDCWD, path, flags, permissions);
}
int openat(int folder, const char *path, int flags, ...) {
    PERMISSIONS(flags)
    return opened(folder, path, flags, permissions);
}
int openat64(int folder, const char *path, int flags, ...) {
    PERMISSIONS(flags)
    return opened(folder, path, flags, permissions);
}
int creat(const char *path, mode_t permissions) {
    return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, permissions);
}
int creat64(const char *path, mode_t permissions) { return creat(path, permissions); }

int close(int descriptor) {
    find_close();
    if (role_of(descriptor) == role_none) return real_close(descriptor);
    ENTER;
    enum strike strike = strike_none;
    if (role_of(descriptor) == role_below) strike = next_call("close", name_of(descriptor), 0, 0);
    if (role_of(descriptor) != role_acknowledgements) record(kind_close, descriptor, 0, NULL, NULL, NULL, 0);
    roles[descriptor] = role_none;
    int result = real_close(descriptor);
    // A failing close closes, as Linux does.
    if (strike == strike_error) FAIL(-1);
    LEAVE(result);
}

// RocksDB's own log is a stream, whose content does not matter to a store: only its making and its failures are seen.
FILE *fopen(const char *path, const char *how) {
    find_fopen();
    char buffer[PATH_MAX];
    const char *full = absolute(AT_FDCWD, path, buffer);
    const char *name = below(full);
    if (!name) return real_fopen(path, how);
    ENTER;
    int creates = how[0] != 'r' && is_new(full);
    if (creates && next_call("fopen", name, 1, 0) == strike_error) FAIL(NULL);
    FILE *stream = real_fopen(path, how);
    if (stream && how[0] != 'r') {
        note_open(fileno(stream), role_below, name);
        record(kind_open, fileno(stream), (uint64_t)creates, name, NULL, NULL, 0);
    }
    LEAVE(stream);
}
FILE *fopen64(const char *path, const char *how) { return fopen(path, how); }

size_t fwrite(const void *items, size_t size, size_t count, FILE *stream) {
    find_fwrite();
    if (role_of(fileno(stream)) != role_below) return real_fwrite(items, size, count, stream);
    ENTER;
    if (next_call("fwrite", name_of(fileno(stream)), 1, 0) == strike_error) FAIL(0);
    LEAVE(real_fwrite(items, size, count, stream));
}

int fflush(FILE *stream) {
    find_fflush();
    if (!stream || role_of(fileno(stream)) != role_below) return real_fflush(stream);
    ENTER;
    if (next_call("fflush", name_of(fileno(stream)), 1, 0) == strike_error) FAIL(EOF);
    LEAVE(real_fflush(stream));
}

int fclose(FILE *stream) {
    find_fclose();
    int descriptor = fileno(stream);
    if (role_of(descriptor) != role_below) return real_fclose(stream);
    ENTER;
    record(kind_close, descriptor, 0, NULL, NULL, NULL, 0);
    roles[descriptor] = role_none;
    LEAVE(real_fclose(stream));
}

// MARK: Writing

static off_t position(int descriptor) {
    if (fcntl(descriptor, F_GETFL) & O_APPEND) {
        struct stat status;
        return fstat(descriptor, &status) == 0 ? status.st_size : 0;
    }
    return lseek(descriptor, 0, SEEK_CUR);
}

// Writes at `offset`, or where the descriptor stands when it is negative.
static ssize_t written(const char *call, int descriptor, const void *data, size_t count, off_t offset) {
    enum role role = role_of(descriptor);
    if (role == role_none || role == role_readonly) {
        return offset < 0 ? real_write(descriptor, data, count) : real_pwrite(descriptor, data, count, offset);
    }
    ENTER;
    if (role == role_acknowledgements) {
        record(kind_acknowledge, 0, 0, NULL, NULL, data, count);
        LEAVE(real_write(descriptor, data, count));
    }
    enum strike strike = next_call(call, name_of(descriptor), 1, 1);
    if (strike == strike_error) FAIL(-1);
    if (strike == strike_short && count > 1) count /= 2;
    off_t place = offset < 0 ? position(descriptor) : offset;
    ssize_t result = offset < 0 ? real_write(descriptor, data, count) : real_pwrite(descriptor, data, count, offset);
    if (strike == strike_short) end_if_killed();
    if (result > 0) record(kind_write, descriptor, (uint64_t)place, NULL, NULL, data, (size_t)result);
    LEAVE(result);
}

ssize_t write(int descriptor, const void *data, size_t count) {
    find_write();
    return written("write", descriptor, data, count, -1);
}
ssize_t pwrite(int descriptor, const void *data, size_t count, off_t offset) {
    find_pwrite();
    return written("pwrite", descriptor, data, count, offset);
}
ssize_t pwrite64(int descriptor, const void *data, size_t count, off_t offset) {
    return pwrite(descriptor, data, count, offset);
}

static ssize_t gathered(int descriptor, const struct iovec *parts, int count, off_t offset) {
    size_t total = 0;
    for (int index = 0; index < count; index++) total += parts[index].iov_len;
    char *whole = malloc(total ? total : 1), *next = whole;
    for (int index = 0; index < count; index++) {
        memcpy(next, parts[index].iov_base, parts[index].iov_len);
        next += parts[index].iov_len;
    }
    ssize_t result = written("writev", descriptor, whole, total, offset);
    free(whole);
    return result;
}
ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    find_writev();
    find_write();
    if (role_of(descriptor) == role_none) return real_writev(descriptor, parts, count);
    return gathered(descriptor, parts, count, -1);
}
ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
    find_pwritev();
    find_pwrite();
    if (role_of(descriptor) == role_none) return real_pwritev(descriptor, parts, count, offset);
    return gathered(descriptor, parts, count, offset);
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off_t offset) {
    return pwritev(descriptor, parts, count, offset);
}

// MARK: Sizes and syncs

static int is_plain(int descriptor) {
    enum role role = role_of(descriptor);
    return role == role_none || role == role_acknowledgements;
}

#define SYNC(name)                                                                                                      \
    int name(int descriptor) {                                                                                          \
        find_##name();                                                                                                  \
        if (is_plain(descriptor)) return real_##name(descriptor);                                                       \
        ENTER;                                                                                                          \
        if (next_call(#name, name_of(descriptor), 0, 0) == strike_error) FAIL(-1);                                      \
        int result = real_##name(descriptor);                                                                           \
        if (result == 0) record(kind_sync, descriptor, 0, NULL, NULL, NULL, 0);                                         \
        LEAVE(result);                                                                                                  \
    }
SYNC(fsync)
SYNC(fdatasync)

// It only begins to write: it makes nothing durable, so the trace has no word of it.
int sync_file_range(int descriptor, off_t offset, off_t count, unsigned flags) {
    find_sync_file_range();
    // Without flags it does nothing: RocksDB asks in this way whether it exists, and asserts the answer.
    if (is_plain(descriptor) || flags == 0) return real_sync_file_range(descriptor, offset, count, flags);
    ENTER;
    if (next_call("sync_file_range", name_of(descriptor), 0, 0) == strike_error) FAIL(-1);
    LEAVE(real_sync_file_range(descriptor, offset, count, flags));
}

int ftruncate(int descriptor, off_t size) {
    find_ftruncate();
    if (is_plain(descriptor)) return real_ftruncate(descriptor, size);
    ENTER;
    if (next_call("ftruncate", name_of(descriptor), 0, 0) == strike_error) FAIL(-1);
    int result = real_ftruncate(descriptor, size);
    if (result == 0) record(kind_truncate, descriptor, (uint64_t)size, NULL, NULL, NULL, 0);
    LEAVE(result);
}
int ftruncate64(int descriptor, off_t size) { return ftruncate(descriptor, size); }

int fallocate(int descriptor, int how, off_t offset, off_t count) {
    find_fallocate();
    if (is_plain(descriptor)) return real_fallocate(descriptor, how, offset, count);
    ENTER;
    if (next_call("fallocate", name_of(descriptor), 1, 0) == strike_error) FAIL(-1);
    int result = real_fallocate(descriptor, how, offset, count);
    if (result == 0 && !(how & FALLOC_FL_KEEP_SIZE))
        record(kind_extend, descriptor, (uint64_t)(offset + count), NULL, NULL, NULL, 0);
    LEAVE(result);
}
int fallocate64(int descriptor, int how, off_t offset, off_t count) { return fallocate(descriptor, how, offset, count); }

int posix_fallocate(int descriptor, off_t offset, off_t count) {
    find_posix_fallocate();
    if (is_plain(descriptor)) return real_posix_fallocate(descriptor, offset, count);
    ENTER;
    if (next_call("posix_fallocate", name_of(descriptor), 1, 0) == strike_error) LEAVE(fault_errno);
    int result = real_posix_fallocate(descriptor, offset, count);
    if (result == 0) record(kind_extend, descriptor, (uint64_t)(offset + count), NULL, NULL, NULL, 0);
    LEAVE(result);
}
int posix_fallocate64(int descriptor, off_t offset, off_t count) { return posix_fallocate(descriptor, offset, count); }

// MARK: Names

#define ON_NAME(name, kind, needs_room, parameters, arguments)                                                          \
    int name parameters {                                                                                               \
        find_##name();                                                                                                  \
        char buffer[PATH_MAX];                                                                                          \
        const char *place = below(absolute(AT_FDCWD, path, buffer));                                                    \
        if (!place) return real_##name arguments;                                                                       \
        ENTER;                                                                                                          \
        if (next_call(#name, place, needs_room, 0) == strike_error) FAIL(-1);                                           \
        int result = real_##name arguments;                                                                             \
        if (result == 0) record(kind, 0, 0, place, NULL, NULL, 0);                                                      \
        LEAVE(result);                                                                                                  \
    }
ON_NAME(unlink, kind_unlink, 0, (const char *path), (path))
ON_NAME(mkdir, kind_mkdir, 1, (const char *path, mode_t permissions), (path, permissions))
ON_NAME(rmdir, kind_rmdir, 0, (const char *path), (path))

#define ON_NAMES(name, kind)                                                                                            \
    int name(const char *from, const char *to) {                                                                        \
        find_##name();                                                                                                  \
        char first[PATH_MAX], second[PATH_MAX];                                                                         \
        const char *old_name = below(absolute(AT_FDCWD, from, first));                                                  \
        const char *new_name = below(absolute(AT_FDCWD, to, second));                                                   \
        if (!old_name || !new_name) return real_##name(from, to);                                                       \
        ENTER;                                                                                                          \
        if (next_call(#name, new_name, 1, 0) == strike_error) FAIL(-1);                                                 \
        int result = real_##name(from, to);                                                                             \
        if (result == 0) record(kind, 0, 0, old_name, new_name, NULL, 0);                                               \
        LEAVE(result);                                                                                                  \
    }
ON_NAMES(rename, kind_rename)
ON_NAMES(link, kind_link)
