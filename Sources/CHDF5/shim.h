#pragma once
#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdbool.h>

// Swift's importer drops macros that expand to anything but a literal, and HDF5 hides its types and classes behind such macros.

static inline hid_t tel_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t tel_h5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t tel_h5_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t tel_h5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t tel_h5_native_int64(void) { return H5T_NATIVE_INT64; }
/// IEEE half precision, which HDF5 has no name for: 1 sign, 5 exponent and 10 fraction bits. The caller closes it.
static inline hid_t tel_h5_half(void) {
  hid_t type = H5Tcopy(H5T_NATIVE_FLOAT);
  if (type < 0 || H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 || H5Tset_ebias(type, 15) < 0) return -1;
  return type;
}
static inline hid_t tel_h5_c_string(void) { return H5T_C_S1; }

/// Whether a type is an integer of 1, 2, 4 or 8 whole bytes or IEEE's half, single or double precision, in either byte order, or an
/// enumeration of such integers. What makes others of them is in the file's hands, and so is what the library makes of those.
static inline bool tel_h5_is_plain_number(hid_t type) {
  H5T_class_t kind = H5Tget_class(type);
  if (kind == H5T_ENUM) {
    hid_t base = H5Tget_super(type);
    bool is_plain = base >= 0 && H5Tget_class(base) == H5T_INTEGER && tel_h5_is_plain_number(base) &&
                    H5Tget_size(base) == H5Tget_size(type);
    if (base >= 0) H5Tclose(base);
    return is_plain;
  }
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) return false;
  size_t size = H5Tget_size(type);
  H5T_order_t order = H5Tget_order(type);
  if (H5Tget_precision(type) != 8 * size || H5Tget_offset(type) != 0) return false;
  if (order != H5T_ORDER_LE && order != H5T_ORDER_BE) return false;
  if (kind == H5T_INTEGER) return size == 1 || size == 2 || size == 4 || size == 8;
  size_t sign, exponent, exponent_size, fraction, fraction_size;
  if (H5Tget_fields(type, &sign, &exponent, &exponent_size, &fraction, &fraction_size) < 0) return false;
  if (fraction != 0 || exponent != fraction_size || sign != fraction_size + exponent_size || H5Tget_norm(type) != H5T_NORM_IMPLIED)
    return false;
  size_t bias = H5Tget_ebias(type);
  return (size == 2 && exponent_size == 5 && fraction_size == 10 && bias == 15) ||
         (size == 4 && exponent_size == 8 && fraction_size == 23 && bias == 127) ||
         (size == 8 && exponent_size == 11 && fraction_size == 52 && bias == 1023);
}

static inline hid_t tel_h5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t tel_h5_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t tel_h5_link_create(void) { return H5P_LINK_CREATE; }

static inline unsigned tel_h5_truncate(void) { return H5F_ACC_TRUNC; }
static inline hid_t tel_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t tel_h5_all(void) { return H5S_ALL; }

static inline herr_t tel_h5_silence(void) { return H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

/// Where the same object has the same number, whatever path leads to it; 0 where that can't be told.
static inline haddr_t tel_h5_address(hid_t object) {
  H5O_info_t info;
  return H5Oget_info2(object, &info, H5O_INFO_BASIC) < 0 ? 0 : info.addr + 1;
}

/// Keeps the library from loading filters and drivers that aren't part of it.
static inline herr_t tel_h5_refuse_plugins(void) { return H5PLset_loading_state(0); }

/// Called with each name; the library keeps the string.
typedef void (*tel_h5_name_visitor)(const char *name, void *context);

typedef struct {
  tel_h5_name_visitor visit;
  void *context;
} tel_h5_visit;

static inline herr_t tel_h5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  tel_h5_visit *visit = (tel_h5_visit *)context;
  visit->visit(name, visit->context);
  return 0;
}

static inline herr_t tel_h5_visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  tel_h5_visit *visit = (tel_h5_visit *)context;
  visit->visit(name, visit->context);
  return 0;
}

/// Visits the names of a group's links in the order of their bytes.
static inline herr_t tel_h5_link_names(hid_t group, tel_h5_name_visitor visitor, void *context) {
  tel_h5_visit visit = {visitor, context};
  return H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, tel_h5_visit_link, &visit);
}

/// Visits the names of an object's attributes in the order of their bytes.
static inline herr_t tel_h5_attribute_names(hid_t object, tel_h5_name_visitor visitor, void *context) {
  tel_h5_visit visit = {visitor, context};
  return H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, NULL, tel_h5_visit_attribute, &visit);
}

typedef enum { tel_h5_link_none, tel_h5_link_object, tel_h5_link_name, tel_h5_link_file } tel_h5_link_kind;

/// Whether a name stands for an object itself, or is a link to another name, or into another file.
static inline tel_h5_link_kind tel_h5_kind_of_link(hid_t file, const char *name) {
  H5L_info_t info;
  if (H5Lget_info(file, name, &info, H5P_DEFAULT) < 0) return tel_h5_link_none;
  if (info.type == H5L_TYPE_HARD) return tel_h5_link_object;
  return info.type == H5L_TYPE_SOFT ? tel_h5_link_name : tel_h5_link_file;
}

/// Visits the descriptions on the error stack, from where the error arose to the call that was made.
static inline herr_t tel_h5_walk_error(unsigned depth, const H5E_error2_t *error, void *context) {
  tel_h5_visit *visit = (tel_h5_visit *)context;
  if (error->desc) visit->visit(error->desc, visit->context);
  return 0;
}

static inline herr_t tel_h5_error_names(tel_h5_name_visitor visitor, void *context) {
  tel_h5_visit visit = {visitor, context};
  return H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, tel_h5_walk_error, &visit);
}
