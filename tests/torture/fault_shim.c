/* LD_PRELOAD: makes a disk fail and a wall clock jump on demand, in the processes it is loaded into.
 *
 * Everything is counted, so that a test can tell a fault that was survived from a shim that was not there. Files only:
 * sockets and pipes are left alone. Thread safety: the page is changed by atomic operations; the rig arms it last. */
#define _GNU_SOURCE
#include "fault_shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static struct fault_page* page;

/* The C library's own function, looked up once. */
#define REAL(name)                                                  \
    (__extension__({                                                \
        static __typeof__(&name) real;                              \
        if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, #name); \
        real;                                                       \
    }))

__attribute__((constructor)) static void map_page(void) {
    const char* path = getenv(FAULT_SHIM_ENVIRONMENT);
    if (path == NULL) return;
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void* mapped = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED) page = mapped;
}

static int path_matches(int fd) {
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return 0;
    if (page->path_part[0] == '\0') return 1;
    char link[64];
    char path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    return strstr(path, page->path_part) != NULL;
}

/* Counts the call; true = it is to fail, and errno says why. */
static int fails(int fd, enum fault_call call) {
    if (page == NULL) return 0;
    __atomic_add_fetch(call == FAULT_SYNC ? &page->syncs : &page->writes, 1, __ATOMIC_RELAXED);
    if ((__atomic_load_n(&page->armed_calls, __ATOMIC_ACQUIRE) & (uint32_t)call) == 0 || !path_matches(fd)) return 0;
    if (__atomic_sub_fetch(&page->calls_to_pass, 1, __ATOMIC_ACQ_REL) >= 0) return 0;
    if (__atomic_sub_fetch(&page->calls_to_fail, 1, __ATOMIC_ACQ_REL) < 0) {
        __atomic_store_n(&page->armed_calls, 0, __ATOMIC_RELEASE);
        return 0;
    }
    __atomic_add_fetch(&page->failed, 1, __ATOMIC_RELAXED);
    errno = page->error;
    return 1;
}

/* An error of 0: a disk that says yes and does nothing. */
static int of_a_failing_sync(void) { return errno == 0 ? 0 : -1; }

int fsync(int fd) { return fails(fd, FAULT_SYNC) ? of_a_failing_sync() : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails(fd, FAULT_SYNC) ? of_a_failing_sync() : REAL(fdatasync)(fd); }

ssize_t write(int fd, const void* data, size_t size) {
    return fails(fd, FAULT_WRITE) ? -1 : REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
    return fails(fd, FAULT_WRITE) ? -1 : REAL(pwrite)(fd, data, size, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
    return fails(fd, FAULT_WRITE) ? -1 : REAL(pwrite64)(fd, data, size, offset);
}
ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t offset) {
    return fails(fd, FAULT_WRITE) ? -1 : REAL(pwritev)(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t offset) {
    return fails(fd, FAULT_WRITE) ? -1 : REAL(pwritev64)(fd, parts, count, offset);
}
int posix_fallocate(int fd, off_t offset, off_t size) {
    return fails(fd, FAULT_WRITE) ? errno : REAL(posix_fallocate)(fd, offset, size);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
    const int outcome = REAL(clock_gettime)(clock, now);
    if (outcome != 0 || page == NULL || clock != CLOCK_REALTIME) return outcome;
    __atomic_add_fetch(&page->clock_reads, 1, __ATOMIC_RELAXED);
    const int64_t offset = __atomic_load_n(&page->clock_offset_ns, __ATOMIC_ACQUIRE);
    if (offset == 0) return outcome;
    const int64_t shifted = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + offset;
    now->tv_sec = (time_t)(shifted / 1000000000);
    now->tv_nsec = (long)(shifted % 1000000000);
    return outcome;
}
