// For prctl, mallopt and strsignal.
#define _GNU_SOURCE
#include "CHDF5Check.h"
#include "Walk.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

// After a fork of a process with threads only the C library and HDF5 are used here, and nothing of Swift: malloc is made ready by
// fork itself, HDF5 by the caller's lock.

static void limit(int what, rlim_t soft) {
  struct rlimit limit;
  if (getrlimit(what, &limit) != 0) return;
  if (soft < limit.rlim_cur) limit.rlim_cur = soft;
  setrlimit(what, &limit);
}

/// Bytes of address space in use, 0 where that isn't known.
static size_t address_space(void) {
  char text[64];
  int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  if (count <= 0) return 0;
  text[count] = 0;
  return strtoull(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static void confine(const tel_h5_limits *limits) {
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // What is used before it was set, or after it was freed, shows.
  mallopt(M_PERTURB, 0xa5);
#endif
  // The caller's handlers are not for this process.
  const int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGXCPU, SIGALRM, SIGTERM};
  sigset_t all;
  sigemptyset(&all);
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
    signal(fatal[i], SIG_DFL);
    sigaddset(&all, fatal[i]);
  }
  sigprocmask(SIG_UNBLOCK, &all, NULL);
  size_t used = address_space();
  if (used > 0) limit(RLIMIT_AS, used + limits->memory);
  limit(RLIMIT_CPU, limits->cpu_seconds);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  alarm(limits->wall_seconds);
}

static void send_all(int to, const void *bytes, size_t count) {
  const char *from = bytes;
  while (count > 0) {
    ssize_t written = write(to, from, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    from += written;
    count -= (size_t)written;
  }
}

tel_h5_check tel_h5_check_start(const void *bytes, size_t count, bool copies, const tel_h5_limits *limits) {
  tel_h5_check check = {-1, -1};
  int ends[2];
  if (pipe(ends) != 0) return check;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  check.process = fork();
  if (check.process == 0) {
    close(ends[0]);
    confine(limits);
    static tel_h5_finding finding;
    tel_h5_walk(bytes, count, copies, limits, &finding);
    send_all(ends[1], &finding, sizeof finding);
    _exit(0);
  }
  close(ends[1]);
  if (check.process < 0) {
    close(ends[0]);
  } else {
    check.result = ends[0];
  }
  return check;
}

tel_h5_outcome tel_h5_check_finish(tel_h5_check check, char *path, size_t path_size, char *reason, size_t reason_size) {
  path[0] = reason[0] = 0;
  if (check.process < 0) return tel_h5_not_started;
  tel_h5_finding finding;
  size_t have = 0;
  while (have < sizeof finding) {
    ssize_t got = read(check.result, (char *)&finding + have, sizeof finding - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += (size_t)got;
  }
  close(check.result);
  int status = 0;
  while (waitpid(check.process, &status, 0) < 0 && errno == EINTR) {}
  if (have == sizeof finding) {
    snprintf(path, path_size, "%.*s", (int)sizeof finding.path, finding.path);
    snprintf(reason, reason_size, "%.*s", (int)sizeof finding.reason, finding.reason);
    return finding.outcome;
  }
  if (WIFSIGNALED(status)) {
    int signal = WTERMSIG(status);
    if (signal == SIGXCPU || signal == SIGALRM || signal == SIGKILL) return tel_h5_endless;
    snprintf(reason, reason_size, "%s", strsignal(signal));
  }
  return tel_h5_crashed;
}
