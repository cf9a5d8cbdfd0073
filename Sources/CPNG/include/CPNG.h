#pragma once
#include <stddef.h>
#include <stdint.h>

// libpng reports errors by longjmp, which must not cross Swift: it begins and ends inside these functions.

/// What went wrong, in libpng's words.
typedef struct {
  char text[128];
} tel_png_message;

/// What pixels become.
typedef enum {
  /// Grey: 1 byte; everything else: 3 bytes, red first. Depths below 8 bits are scaled up, alpha is dropped.
  tel_png_image,
  /// 1 byte: palette indices, or grey values as they stand in the file.
  tel_png_labels
} tel_png_purpose;

/// Decodes an 8-bit (or narrower) PNG of `byte_count` bytes into `pixels`, `row_bytes` bytes per row, tightly packed.
/// The caller has read the header: `row_bytes` and `height` must be those of the image, or decoding fails.
/// Returns 0, or -1 with a message.
int tel_png_decode(const uint8_t *bytes, size_t byte_count, tel_png_purpose purpose, uint8_t *pixels, size_t row_bytes,
                   uint32_t height, tel_png_message *message);

/// Encodes rows of 1 (grey, or palette indices if `palette_count` > 0) or 3 (RGB) bytes a pixel.
/// `palette` holds `palette_count` times red, green, blue. Returns memory for the caller to `free`, or NULL with a message.
uint8_t *tel_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, int channels, const uint8_t *palette,
                        int palette_count, size_t *byte_count, tel_png_message *message);

/// The version of libpng in use.
const char *tel_png_version(void);
