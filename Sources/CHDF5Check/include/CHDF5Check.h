#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Whether the HDF5 library gets through a file, found out in a process of its own: on a crafted or damaged file the library may
// crash or run for ever, and both then happen to that process alone.

/// What a file may hold, and what looking at it may cost.
typedef struct {
  /// Links of all groups together.
  unsigned long links;
  /// Groups within groups.
  unsigned depth;
  /// Bytes of a name.
  size_t name_bytes;
  /// Attributes of an object.
  unsigned long attributes;
  /// Chunks of an array; arrays of more are not looked into.
  unsigned long chunks;
  /// Bytes of a text or an attribute without the text of variable length; larger ones are not read.
  size_t value_bytes;
  /// Bytes beside what the process held before.
  size_t memory;
  /// Of processor time, and of waiting.
  unsigned cpu_seconds, wall_seconds;
} tel_h5_limits;

typedef enum {
  /// Everything that reading does was done.
  tel_h5_sound,
  /// The library said no.
  tel_h5_unreadable,
  /// More, deeper or longer than the limits allow.
  tel_h5_beyond_limits,
  /// The library crashed.
  tel_h5_crashed,
  /// The library came to no end.
  tel_h5_endless,
  /// The process could not be made.
  tel_h5_not_started
} tel_h5_outcome;

typedef struct {
  pid_t process;
  int result;
} tel_h5_check;

/// Starts to look at a file's bytes. No other thread may be in the HDF5 library until this returns.
/// `copies`: whether its objects are to be copied into another file too.
tel_h5_check tel_h5_check_start(const void *bytes, size_t count, bool copies, const tel_h5_limits *limits);

/// Waits for the end. `path` and `reason` get where and why the file is refused, as C strings.
tel_h5_outcome tel_h5_check_finish(tel_h5_check check, char *path, size_t path_size, char *reason, size_t reason_size);

/// The packed bytes of the chunk at `offset` of a dataset (an identifier of HDF5), 0 for one that was never written; -1 where that
/// can't be told.
int tel_h5_chunk_bytes(int64_t dataset, const unsigned long long *offset, unsigned long long *bytes);
