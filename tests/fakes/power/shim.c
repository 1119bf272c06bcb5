/* Records what a process asks of the disk, in the order in which it asked, so that a power cut can be replayed.
 *
 * LD_PRELOAD library. CUT_ROOT: only files below it are recorded. CUT_LOG: where the record goes. Every record is
 *   u8 kind, u64 inode, u64 number, u32 length, bytes
 * and one lock is held around call and record, so that the record's order is the order of the calls:
 *   C create (path)     D mkdir (path)          W write at offset `number` (data)    T size is `number`
 *   S sync of inode     F sync of folder (path) R rename (old NUL new)               U unlink or rmdir (path)
 *   A written to stdout: what was acknowledged to somebody outside
 * A call that changes a recorded file by a way that is not known here ends the process (exit 99): nothing is missed
 * in silence. Shared memory of SQLite (-shm) is not recorded: it is never synced and is made anew after a crash.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
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

#define MAX_FD 4096
#define EXPORT __attribute__((visibility("default")))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int out = -1;
static struct { char followed, folder; uint64_t inode; char path[PATH_MAX]; } known[MAX_FD];

static void refuse(const char *what, const char *path) {
    dprintf(2, "power shim: %s on %s is not recorded\n", what, path);
    _exit(99);
}

static void raw_write(int fd, const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t done = syscall(SYS_write, fd, at, length);
        if (done <= 0) refuse("its own log", "log");
        at += done;
        length -= (size_t)done;
    }
}

static void record(char kind, uint64_t inode, uint64_t number, const void *data, size_t length) {
    uint32_t short_length = (uint32_t)length;
    char head[21];
    head[0] = kind;
    memcpy(head + 1, &inode, 8);
    memcpy(head + 9, &number, 8);
    memcpy(head + 17, &short_length, 4);
    raw_write(out, head, sizeof head);
    if (length) raw_write(out, data, length);
}

__attribute__((constructor)) static void begin(void) {
    const char *where = getenv("CUT_ROOT"), *log = getenv("CUT_LOG");
    if (!where || !log || !realpath(where, root)) return;
    root_length = strlen(root);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) refuse("opening", log);
    out = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 3000);
    if (out < 0) out = fd; else syscall(SYS_close, fd);
}

/* The absolute path below root, without the root; 0 where it lies elsewhere. */
static int below(int folder, const char *path, char *full) {
    char base[PATH_MAX], name[PATH_MAX], real[PATH_MAX];
    if (out < 0 || !path) return 0;
    if (path[0] == '/') {
        snprintf(base, sizeof base, "%s", path);
    } else if (folder == AT_FDCWD) {
        if (!getcwd(name, sizeof name)) return 0;
        if ((size_t)snprintf(base, sizeof base, "%s/%s", name, path) >= sizeof base) return 0;
    } else {
        if (folder < 0 || folder >= MAX_FD || !known[folder].followed) return 0;
        if ((size_t)snprintf(base, sizeof base, "%s/%s/%s", root, known[folder].path, path) >= sizeof base) return 0;
    }
    if (realpath(base, real) && !strcmp(real, root)) { *full = 0; return 1; }
    char *slash = strrchr(base, '/');
    snprintf(name, sizeof name, "%s", slash + 1);
    if (slash == base) return 0;
    *slash = 0;
    if (!realpath(base, real)) return 0;
    if (strncmp(real, root, root_length) || (real[root_length] && real[root_length] != '/')) return 0;
    const char *rest = real[root_length] ? real + root_length + 1 : "";
    if ((size_t)snprintf(full, PATH_MAX, "%s%s%s", rest, *rest && *name ? "/" : "", name) >= PATH_MAX) return 0;
    return 1;
}

static int is_shm(const char *path) {
    size_t length = strlen(path);
    return length > 4 && !strcmp(path + length - 4, "-shm");
}

static uint64_t inode_of(int fd, char *folder) {
    struct stat facts;
    if (fstat(fd, &facts)) return 0;
    *folder = S_ISDIR(facts.st_mode);
    return facts.st_ino;
}

static int opened(int at, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    if (!below(at, path, full) || is_shm(full)) {
        int fd = (int)syscall(SYS_openat, at, path, flags, mode);
        if (fd >= 0 && fd < MAX_FD) known[fd].followed = 0;
        return fd;
    }
    pthread_mutex_lock(&lock);
    int there = !syscall(SYS_faccessat, at, path, F_OK, 0);
    int fd = (int)syscall(SYS_openat, at, path, flags, mode), kept = errno;
    if (fd >= 0) {
        if (fd >= MAX_FD) refuse("a descriptor that high", full);
        known[fd].followed = 1;
        known[fd].inode = inode_of(fd, &known[fd].folder);
        snprintf(known[fd].path, PATH_MAX, "%s", full);
        if (!there && (flags & O_CREAT)) record('C', known[fd].inode, 0, full, strlen(full));
        else if (flags & O_TRUNC) record('T', known[fd].inode, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    errno = kept;
    return fd;
}

#define OPENING(name)                                                        \
    EXPORT int name(const char *path, int flags, ...) {                      \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, int); va_end(more); \
        return opened(AT_FDCWD, path, flags, mode);                          \
    }
OPENING(open)
OPENING(open64)
#define OPENING_AT(name)                                                     \
    EXPORT int name(int at, const char *path, int flags, ...) {              \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, int); va_end(more); \
        return opened(at, path, flags, mode);                                \
    }
OPENING_AT(openat)
OPENING_AT(openat64)

EXPORT int close(int fd) {
    if (fd == out && out >= 0) { errno = EBADF; return -1; }
    if (fd >= 0 && fd < MAX_FD) known[fd].followed = 0;
    return (int)syscall(SYS_close, fd);
}

static int followed(int fd) { return out >= 0 && fd >= 0 && fd < MAX_FD && known[fd].followed; }

static ssize_t stored(int fd, const void *data, size_t length, int64_t offset) {
    if (!followed(fd)) {
        ssize_t done = offset < 0 ? syscall(SYS_write, fd, data, length) : syscall(SYS_pwrite64, fd, data, length, offset);
        if (fd == 1 && done > 0 && out >= 0) {
            pthread_mutex_lock(&lock);
            record('A', 0, 0, data, (size_t)done);
            pthread_mutex_unlock(&lock);
        }
        return done;
    }
    pthread_mutex_lock(&lock);
    if (offset < 0) {
        int flags = (int)syscall(SYS_fcntl, fd, F_GETFL);
        offset = syscall(SYS_lseek, fd, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
        if (!(flags & O_APPEND)) {
            ssize_t done = syscall(SYS_write, fd, data, length);
            int kept = errno;
            if (done > 0) record('W', known[fd].inode, (uint64_t)offset, data, (size_t)done);
            pthread_mutex_unlock(&lock);
            errno = kept;
            return done;
        }
    }
    ssize_t done = syscall(SYS_pwrite64, fd, data, length, offset);
    int kept = errno;
    if (done > 0) record('W', known[fd].inode, (uint64_t)offset, data, (size_t)done);
    pthread_mutex_unlock(&lock);
    errno = kept;
    return done;
}

EXPORT ssize_t write(int fd, const void *data, size_t length) { return stored(fd, data, length, -1); }
EXPORT ssize_t pwrite(int fd, const void *data, size_t length, off_t at) { return stored(fd, data, length, at); }
EXPORT ssize_t pwrite64(int fd, const void *data, size_t length, off64_t at) { return stored(fd, data, length, at); }

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (followed(fd)) refuse("writev", known[fd].path);
    return syscall(SYS_writev, fd, parts, count);
}

static int resized(int fd, off64_t size) {
    if (!followed(fd)) return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_ftruncate, fd, size), kept = errno;
    if (!done) record('T', known[fd].inode, (uint64_t)size, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = kept;
    return done;
}
EXPORT int ftruncate(int fd, off_t size) { return resized(fd, size); }
EXPORT int ftruncate64(int fd, off64_t size) { return resized(fd, size); }

static int synced(int fd, long number) {
    if (!followed(fd)) return (int)syscall(number, fd);
    /* Nothing is synced in truth: the record is what counts, and the test's own disk is spared. */
    pthread_mutex_lock(&lock);
    if (known[fd].folder) record('F', 0, 0, known[fd].path, strlen(known[fd].path));
    else record('S', known[fd].inode, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return 0;
}
EXPORT int fsync(int fd) { return synced(fd, SYS_fsync); }
EXPORT int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int renamed(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    char both[2 * PATH_MAX], target[PATH_MAX];
    int source_in = below(from_at, from, both), target_in = below(to_at, to, target);
    if ((!source_in && !target_in) || (source_in && is_shm(both))) return (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
    if (source_in != target_in || flags) refuse("a rename across the edge", source_in ? both : target);
    size_t length = strlen(both) + 1;
    memcpy(both + length, target, strlen(target));
    pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags), kept = errno;
    if (!done) record('R', 0, 0, both, length + strlen(target));
    pthread_mutex_unlock(&lock);
    errno = kept;
    return done;
}
EXPORT int rename(const char *from, const char *to) { return renamed(AT_FDCWD, from, AT_FDCWD, to, 0); }
EXPORT int renameat(int a, const char *from, int b, const char *to) { return renamed(a, from, b, to, 0); }
EXPORT int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    return renamed(a, from, b, to, flags);
}

static int removed(int at, const char *path, int flags) {
    char full[PATH_MAX];
    if (!below(at, path, full) || is_shm(full)) return (int)syscall(SYS_unlinkat, at, path, flags);
    pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_unlinkat, at, path, flags), kept = errno;
    if (!done) record('U', 0, 0, full, strlen(full));
    pthread_mutex_unlock(&lock);
    errno = kept;
    return done;
}
EXPORT int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
EXPORT int unlinkat(int at, const char *path, int flags) { return removed(at, path, flags); }
EXPORT int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }

static int made(int at, const char *path, mode_t mode) {
    char full[PATH_MAX];
    if (!below(at, path, full)) return (int)syscall(SYS_mkdirat, at, path, mode);
    pthread_mutex_lock(&lock);
    int done = (int)syscall(SYS_mkdirat, at, path, mode), kept = errno;
    if (!done) record('D', 0, 0, full, strlen(full));
    pthread_mutex_unlock(&lock);
    errno = kept;
    return done;
}
EXPORT int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
EXPORT int mkdirat(int at, const char *path, mode_t mode) { return made(at, path, mode); }

#define REFUSED(type, name, args, test, path)                                \
    EXPORT type name args {                                                  \
        if (test) refuse(#name, path);                                       \
        errno = ENOSYS;                                                      \
        return -1;                                                           \
    }
REFUSED(ssize_t, sendfile, (int to, int from, off_t *at, size_t count), followed(to) || (from + count + (at != 0)) == 0, "file")
REFUSED(ssize_t, sendfile64, (int to, int from, off64_t *at, size_t count), followed(to) || (from + count + (at != 0)) == 0, "file")
REFUSED(ssize_t, copy_file_range, (int from, off64_t *a, int to, off64_t *b, size_t count, unsigned flags),
        followed(to) || (from + count + flags + (a != 0) + (b != 0)) == 0, "file")

EXPORT int link(const char *from, const char *to) {
    char full[PATH_MAX];
    if (below(AT_FDCWD, to, full)) refuse("link", full);
    return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}
