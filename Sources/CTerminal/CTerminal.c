#define _GNU_SOURCE
#include "CTerminal.h"
#include <locale.h>
#include <stddef.h>
#include <wchar.h>

int terminal_columns(uint32_t character) {
  static locale_t characters = NULL;
  if (characters == NULL) characters = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
  if (characters == NULL) return 1;
  locale_t outer = uselocale(characters);
  int width = wcwidth((wchar_t)character);
  uselocale(outer);
  return width;
}
