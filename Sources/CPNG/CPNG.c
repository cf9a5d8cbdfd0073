#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static void keep_message(png_structp png, png_const_charp text) {
  tel_png_message *message = png_get_error_ptr(png);
  strncpy(message->text, text, sizeof message->text - 1);
  message->text[sizeof message->text - 1] = 0;
  longjmp(png_jmpbuf(png), 1);
}

static void ignore_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

typedef struct {
  const uint8_t *bytes;
  size_t left;
} source;

static void read_bytes(png_structp png, png_bytep to, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->left) png_error(png, "the file ends too early");
  memcpy(to, from->bytes, count);
  from->bytes += count;
  from->left -= count;
}

int tel_png_decode(const uint8_t *bytes, size_t byte_count, tel_png_purpose purpose, uint8_t *pixels, size_t row_bytes,
                   uint32_t height, tel_png_message *message) {
  source from = {bytes, byte_count};
  strcpy(message->text, "out of memory");
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, keep_message, ignore_warning);
  if (!png) return -1;
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return -1;
  }
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  // Text, profiles and the like would be unpacked, or take the memory that they claim, and nobody looks at them.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_chunk_malloc_max(png, 1 << 20);
  png_set_read_fn(png, &from, read_bytes);
  png_read_info(png, info);
  int color = png_get_color_type(png, info);
  if (png_get_bit_depth(png, info) > 8) png_error(png, "16 bits per channel");
  if (purpose == tel_png_labels) {
    if (color & PNG_COLOR_MASK_COLOR && color != PNG_COLOR_TYPE_PALETTE) png_error(png, "colours instead of class ids");
    png_set_packing(png);
  } else {
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  }
  png_set_strip_alpha(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes || png_get_image_height(png, info) != height)
    png_error(png, "the header contradicts itself");
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t row = 0; row < height; row++) png_read_row(png, pixels + (size_t)row * row_bytes, NULL);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

typedef struct {
  uint8_t *bytes;
  size_t count, capacity;
} sink;

static void write_bytes(png_structp png, png_bytep from, size_t count) {
  sink *to = png_get_io_ptr(png);
  if (count > to->capacity - to->count) {
    size_t capacity = 2 * to->capacity + count;
    uint8_t *larger = realloc(to->bytes, capacity);
    if (!larger) png_error(png, "out of memory");
    to->bytes = larger;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->count, from, count);
  to->count += count;
}

static void flush_nothing(png_structp png) { (void)png; }

uint8_t *tel_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, const uint8_t *palette,
                        int palette_count, size_t *byte_count, tel_png_message *message) {
  sink to = {NULL, 0, 0};
  strcpy(message->text, "out of memory");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, keep_message, ignore_warning);
  if (!png) return NULL;
  png_infop info = png_create_info_struct(png);
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    free(to.bytes);
    return NULL;
  }
  png_set_write_fn(png, &to, write_bytes, flush_nothing);
  // Photographs take ten times as long at zlib's usual level, and end up a tenth smaller.
  if (channels == 3) png_set_compression_level(png, 1);
  int color = channels == 3 ? PNG_COLOR_TYPE_RGB : palette_count > 0 ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_GRAY;
  png_set_IHDR(png, info, width, height, 8, color, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (color == PNG_COLOR_TYPE_PALETTE) {
    png_color entries[256];
    for (int i = 0; i < palette_count && i < 256; i++)
      entries[i] = (png_color){palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]};
    png_set_PLTE(png, info, entries, palette_count < 256 ? palette_count : 256);
  }
  png_write_info(png, info);
  for (uint32_t row = 0; row < height; row++) png_write_row(png, pixels + (size_t)row * width * channels);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  *byte_count = to.count;
  return to.bytes;
}

const char *tel_png_version(void) { return png_get_libpng_ver(NULL); }
