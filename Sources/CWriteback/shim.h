#pragma once

#if defined(__linux__)
// Of the C library's own headers, only those for GNU sources declare it.
extern int sync_file_range(int descriptor, long long offset, long long count, unsigned int flags);
#endif

/// Has the disk begin to write a part of a file, and doesn't wait for it. A hint: what can't follow it writes when it is flushed.
static inline void tel_begin_writeback(int descriptor, long long offset, long long count) {
#if defined(__linux__)
  const unsigned int write = 2;
  sync_file_range(descriptor, offset, count, write);
#endif
}
