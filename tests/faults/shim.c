// A disk that fails: the k-th file operation of a program and of those that it starts, once or from then on.
//
// Preloaded before the C library. Counted are operations on paths under TAGBOOK_FAULT_UNDER, and on regular files that are open.
// The count is shared by all processes through the file TAGBOOK_FAULT_COUNTER, which holds eight bytes.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static _Atomic int64_t *counter;
static int64_t fails_at;
static int for_ever;
static const char *under;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("TAGBOOK_FAULT_COUNTER");
  under = getenv("TAGBOOK_FAULT_UNDER");
  if (!path || !under) return;
  fails_at = atoll(getenv("TAGBOOK_FAULT_AT"));
  for_ever = getenv("TAGBOOK_FAULT_FOR_EVER") != NULL;
  int (*really_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  int fd = really_open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map != MAP_FAILED) counter = map;
}

static int fails(const char *operation, const char *path) {
  if (!counter) return 0;
  int64_t now = ++*counter;
  if (fails_at > 0 && (now == fails_at || (for_ever && now > fails_at))) {
    if (now == fails_at) dprintf(2, "[%s %s fails]\n", operation, path);
    errno = EIO;
    return 1;
  }
  return 0;
}

// A path that is not absolute is one of a program that works in the folder.
static int counts(const char *path) {
  return counter && path && (path[0] != '/' || strncmp(path, under, strlen(under)) == 0);
}

static int is_file(int fd) {
  struct stat about;
  int before = errno;
  int is = counter && fd > 2 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode);
  errno = before;
  return is;
}

#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))
#define ON_PATH(type, name, path, declared, passed) \
  type name declared { return counts(path) && fails(#name, path) ? -1 : REAL(name) passed; }
#define ON_FILE(type, name, declared, passed) \
  type name declared { return is_file(fd) && fails(#name, "of an open file") ? -1 : REAL(name) passed; }
#define OPENS(name)                                          \
  int name(const char *path, int flags, ...) {               \
    va_list rest;                                            \
    va_start(rest, flags);                                   \
    mode_t mode = va_arg(rest, mode_t);                      \
    va_end(rest);                                            \
    return counts(path) && fails(#name, path) ? -1 : REAL(name)(path, flags, mode); \
  }
#define OPENS_AT(name)                                       \
  int name(int at, const char *path, int flags, ...) {       \
    va_list rest;                                            \
    va_start(rest, flags);                                   \
    mode_t mode = va_arg(rest, mode_t);                      \
    va_end(rest);                                            \
    return counts(path) && fails(#name, path) ? -1 : REAL(name)(at, path, flags, mode); \
  }

OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
ON_FILE(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size))
ON_FILE(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size))
ON_FILE(ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
ON_FILE(int, fsync, (int fd), (fd))
ON_FILE(int, fdatasync, (int fd), (fd))
ON_FILE(int, ftruncate64, (int fd, off64_t size), (fd, size))
ON_PATH(int, rename, from, (const char *from, const char *to), (from, to))
ON_PATH(int, link, from, (const char *from, const char *to), (from, to))
ON_PATH(int, linkat, from, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
ON_PATH(int, unlink, path, (const char *path), (path))
ON_PATH(int, unlinkat, path, (int at, const char *path, int flags), (at, path, flags))
ON_PATH(int, rmdir, path, (const char *path), (path))
ON_PATH(int, mkdir, path, (const char *path, mode_t mode), (path, mode))
ON_FILE(ssize_t, copy_file_range,
        (int fd, off64_t *from, int to, off64_t *at, size_t size, unsigned flags), (fd, from, to, at, size, flags))
