#include "Walk.h"

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const tel_h5_limits *limits;
  tel_h5_finding *finding;
  size_t file_bytes;
  unsigned long links, attributes;
  unsigned depth;
  /// The present object's path, always with its zero.
  char path[sizeof((tel_h5_finding *)0)->path];
  size_t path_count;
  /// Addresses of the objects met so far: a hash table, 0 is free.
  haddr_t *seen;
  size_t seen_count, seen_room;
} walk;

static herr_t keep_reason(unsigned depth, const H5E_error2_t *error, void *to) {
  char *reason = to;
  if (depth == 0 && error->desc) snprintf(reason, sizeof((tel_h5_finding *)0)->reason, "%s", error->desc);
  return 0;
}

/// The first finding stays; gives -1, which ends iterations.
static herr_t refuse(walk *w, tel_h5_outcome outcome, const char *reason) {
  if (w->finding->outcome != tel_h5_sound) return -1;
  w->finding->outcome = outcome;
  memcpy(w->finding->path, w->path, sizeof w->finding->path);
  if (reason) {
    snprintf(w->finding->reason, sizeof w->finding->reason, "%s", reason);
  } else {
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_reason, w->finding->reason);
  }
  return -1;
}

static herr_t unreadable(walk *w) { return refuse(w, tel_h5_unreadable, NULL); }

/// 1 where an object was met before, 0 where not, -1 where there is no memory.
static int meet(walk *w, haddr_t address) {
  if (2 * w->seen_count >= w->seen_room) {
    size_t room = w->seen_room ? 2 * w->seen_room : 1024;
    haddr_t *larger = calloc(room, sizeof *larger);
    if (!larger) return -1;
    for (size_t i = 0; i < w->seen_room; i++) {
      if (!w->seen[i]) continue;
      size_t at = (w->seen[i] * 0x9e3779b97f4a7c15u >> 32) & (room - 1);
      while (larger[at]) at = (at + 1) & (room - 1);
      larger[at] = w->seen[i];
    }
    free(w->seen);
    w->seen = larger;
    w->seen_room = room;
  }
  // The root may lie at 0.
  haddr_t key = address + 1;
  size_t at = (key * 0x9e3779b97f4a7c15u >> 32) & (w->seen_room - 1);
  while (w->seen[at]) {
    if (w->seen[at] == key) return 1;
    at = (at + 1) & (w->seen_room - 1);
  }
  w->seen[at] = key;
  w->seen_count++;
  return 0;
}

/// Elements of a space; SIZE_MAX where that is no number.
static size_t elements(hid_t space) {
  if (H5Sget_simple_extent_type(space) == H5S_NULL) return 0;
  int rank = H5Sget_simple_extent_ndims(space);
  hsize_t extent[H5S_MAX_RANK];
  if (rank < 0 || rank > H5S_MAX_RANK || H5Sget_simple_extent_dims(space, extent, NULL) < 0) return SIZE_MAX;
  size_t count = 1;
  for (int i = 0; i < rank; i++)
    if (__builtin_mul_overflow(count, extent[i], &count)) return SIZE_MAX;
  return count;
}

typedef herr_t (*reader)(hid_t object, hid_t type, void *buffer);

static herr_t read_attribute(hid_t object, hid_t type, void *buffer) { return H5Aread(object, type, buffer); }

static herr_t read_dataset(hid_t object, hid_t type, void *buffer) {
  return H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
}

/// Reads text, or numbers in their own type, and lets go of them.
static herr_t read_value(walk *w, hid_t object, hid_t type, hid_t space, reader read) {
  size_t count = elements(space), size = H5Tget_size(type), bytes;
  if (count == 0 || __builtin_mul_overflow(count, size, &bytes) || bytes > w->limits->value_bytes) return 0;
  void *buffer = calloc(1, bytes);
  if (!buffer) return refuse(w, tel_h5_beyond_limits, "it takes too much memory");
  herr_t status = read(object, type, buffer);
  if (status < 0) {
    unreadable(w);
  } else if (H5Tis_variable_str(type) > 0) {
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, buffer);
  }
  free(buffer);
  return status < 0 ? -1 : 0;
}

/// Numbers of other types than these, and other things, are not read at all.
static bool is_readable(hid_t type) {
  H5T_class_t class = H5Tget_class(type);
  return class == H5T_STRING || class == H5T_INTEGER || class == H5T_FLOAT || class == H5T_ENUM;
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  (void)info;
  walk *w = context;
  if (strlen(name) > w->limits->name_bytes) return refuse(w, tel_h5_beyond_limits, "an attribute's name is too long");
  if (++w->attributes > w->limits->attributes) return refuse(w, tel_h5_beyond_limits, "it has too many attributes");
  hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
  if (attribute < 0) return unreadable(w);
  hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
  herr_t status = 0;
  if (type < 0 || space < 0) {
    status = unreadable(w);
  } else if (is_readable(type)) {
    status = read_value(w, attribute, type, space, read_attribute);
  }
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  H5Aclose(attribute);
  return status;
}

/// Looks up all chunks.
static herr_t visit_chunks(walk *w, hid_t dataset, hid_t properties, hid_t space) {
  hsize_t extent[H5S_MAX_RANK], chunk[H5S_MAX_RANK], offset[H5S_MAX_RANK] = {0};
  int rank = H5Sget_simple_extent_dims(space, extent, NULL);
  if (rank <= 0 || rank > H5S_MAX_RANK || H5Pget_chunk(properties, rank, chunk) != rank) return unreadable(w);
  unsigned long count = 1;
  for (int i = 0; i < rank; i++) {
    if (chunk[i] == 0) return refuse(w, tel_h5_unreadable, "its chunks are empty");
    if (extent[i] == 0) return 0;
    unsigned long along = (extent[i] - 1) / chunk[i] + 1;
    if (__builtin_mul_overflow(count, along, &count) || count > w->limits->chunks) return 0;
  }
  for (unsigned long number = 0; number < count; number++) {
    unsigned long long stored = 0;
    if (tel_h5_chunk_bytes(dataset, offset, &stored) < 0) return unreadable(w);
    if (stored > w->file_bytes) return refuse(w, tel_h5_unreadable, "a chunk claims more bytes than the file has");
    for (int i = rank - 1; i >= 0; i--) {
      offset[i] += chunk[i];
      if (offset[i] < extent[i]) break;
      offset[i] = 0;
    }
  }
  return 0;
}

/// Arrays in one piece that are read, since they may be settings.
static const hsize_t small_bytes = 1 << 16;

static herr_t visit_dataset(walk *w, hid_t dataset) {
  hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset), properties = H5Dget_create_plist(dataset);
  herr_t status = 0;
  if (type < 0 || space < 0 || properties < 0) {
    status = unreadable(w);
  } else {
    H5D_layout_t layout = H5Pget_layout(properties);
    bool is_inside = layout != H5D_VIRTUAL && H5Pget_external_count(properties) == 0;
    // What is packed is unpacked elsewhere, and large arrays that aren't hold nothing to be understood.
    bool is_small = layout != H5D_CHUNKED && H5Dget_storage_size(dataset) <= small_bytes;
    bool is_value = H5Tget_class(type) == H5T_STRING || (is_readable(type) && is_small);
    if (is_inside && layout == H5D_CHUNKED) status = visit_chunks(w, dataset, properties, space);
    if (status == 0 && is_inside && is_value && H5Pget_nfilters(properties) == 0)
      status = read_value(w, dataset, type, space, read_dataset);
  }
  if (properties >= 0) H5Pclose(properties);
  if (space >= 0) H5Sclose(space);
  if (type >= 0) H5Tclose(type);
  return status;
}

static herr_t visit_object(walk *w, hid_t object);

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  walk *w = context;
  size_t count = strlen(name), before = w->path_count;
  if (++w->links > w->limits->links) return refuse(w, tel_h5_beyond_limits, "the file has too many objects");
  if (count > w->limits->name_bytes) return refuse(w, tel_h5_beyond_limits, "a name in it is too long");
  if (before + 1 + count >= sizeof w->path) return refuse(w, tel_h5_beyond_limits, "the path to it is too long");
  // Nobody follows other links.
  if (info->type != H5L_TYPE_HARD) return 0;
  w->path[before] = '/';
  memcpy(w->path + before + 1, name, count + 1);
  w->path_count = before + 1 + count;
  hid_t object = H5Oopen(group, name, H5P_DEFAULT);
  herr_t status = object < 0 ? unreadable(w) : visit_object(w, object);
  if (object >= 0) H5Oclose(object);
  w->path[w->path_count = before] = 0;
  return status;
}

static herr_t visit_object(walk *w, hid_t object) {
  H5O_info_t info;
  if (H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0) return unreadable(w);
  int met = meet(w, info.addr);
  if (met != 0) return met > 0 ? 0 : refuse(w, tel_h5_beyond_limits, "the file takes too much memory");
  w->attributes = 0;
  if (H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, w) < 0) return unreadable(w);
  if (info.type == H5O_TYPE_DATASET) return visit_dataset(w, object);
  if (info.type != H5O_TYPE_GROUP) return 0;
  if (w->depth >= w->limits->depth) return refuse(w, tel_h5_beyond_limits, "groups lie in it too deep");
  w->depth++;
  herr_t status = H5Literate(object, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_link, w);
  w->depth--;
  return status < 0 ? unreadable(w) : 0;
}

static herr_t copy_link(hid_t group, const char *name, const H5L_info_t *info, void *to) {
  if (info->type != H5L_TYPE_HARD) return 0;
  return H5Ocopy(group, name, *(hid_t *)to, name, H5P_DEFAULT, H5P_DEFAULT);
}

/// Copies everything into a file in memory.
static void copy_all(walk *w, hid_t file) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_fapl_core(access, 1 << 20, 0);
  hid_t copy = H5Fcreate("tel-copy", H5F_ACC_TRUNC, H5P_DEFAULT, access);
  if (copy < 0 || H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, copy_link, &copy) < 0) unreadable(w);
}

void tel_h5_walk(const void *bytes, size_t count, bool copies, const tel_h5_limits *limits, tel_h5_finding *finding) {
  walk w = {.limits = limits, .finding = finding, .file_bytes = count};
  *finding = (tel_h5_finding){tel_h5_sound};
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  // Both flags together leave the bytes to the caller; they are only read.
  hid_t file = H5LTopen_file_image((void *)bytes, count, H5LT_FILE_IMAGE_DONT_COPY | H5LT_FILE_IMAGE_DONT_RELEASE);
  if (file < 0) {
    unreadable(&w);
    return;
  }
  hid_t root = H5Oopen(file, "/", H5P_DEFAULT);
  if (root < 0) {
    unreadable(&w);
  } else {
    visit_object(&w, root);
    H5Oclose(root);
  }
  if (copies && finding->outcome == tel_h5_sound) copy_all(&w, file);
  if (H5Fclose(file) < 0) unreadable(&w);
}
