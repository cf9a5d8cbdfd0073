#pragma once
#include "CHDF5Check.h"

/// What a walk through a file came to.
typedef struct {
  tel_h5_outcome outcome;
  /// The object, and what is wrong with it.
  char path[1024], reason[256];
} tel_h5_finding;

/// Does all that reading a file's names, types, shapes, texts and attributes does, and looks up every chunk.
void tel_h5_walk(const void *bytes, size_t count, bool copies, const tel_h5_limits *limits, tel_h5_finding *finding);
