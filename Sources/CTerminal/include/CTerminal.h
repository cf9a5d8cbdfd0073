/// What the C library knows of characters on a terminal, and Swift does not see.
#pragma once
#include <stdint.h>

/// How many columns a character takes, whatever language the user's settings name; -1 for what is no printable character.
/// To be called from one thread.
int terminal_columns(uint32_t character);
