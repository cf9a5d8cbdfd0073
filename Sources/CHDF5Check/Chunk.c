#include "CHDF5Check.h"

#include <hdf5.h>
#include <string.h>

static const char missing[] = "chunk storage is not allocated";

static herr_t find_missing(unsigned depth, const H5E_error2_t *error, void *to) {
  (void)depth;
  if (error->desc && strcmp(error->desc, missing) == 0) *(bool *)to = true;
  return 0;
}

int tel_h5_chunk_bytes(int64_t dataset, const unsigned long long *offset, unsigned long long *bytes) {
  hsize_t stored = 0;
  *bytes = 0;
  if (H5Dget_chunk_storage_size(dataset, offset, &stored) < 0) {
    // Later versions of the library say that a chunk which isn't there has 0 bytes.
    bool is_missing = false;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_missing, &is_missing);
    return is_missing ? 0 : -1;
  }
  *bytes = stored;
  return 0;
}
