/// Lua's patterns, as its manual describes them (§6.4.1).
///
/// Lua's own matcher can't be interrupted while it backtracks, which may take for ever: `("a"):rep(60):find(("a*"):rep(40) .. "b")`. This
/// one asks now and then whether the user wants to stop. It follows lstrlib.c of Lua 5.4 (Copyright © 1994–2024 Lua.org,
/// PUC-Rio, MIT licence) step by step, so that it finds the same.
#pragma once
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

enum { MOST_CAPTURES = 32, DEEPEST_MATCH = 200 };

typedef struct {
  const char *source, *source_end, *pattern_end;
  lua_State *L;
  /// How much deeper the recursion may go.
  int depth;
  /// Steps since the user was last asked.
  unsigned steps;
  int level;
  struct {
    const char *start;
    ptrdiff_t length;
  } capture[MOST_CAPTURES];
} pattern_match;

/// Prepares for matches in a string.
void pattern_begin(pattern_match *m, lua_State *L, const char *source, size_t length, const char *pattern, size_t pattern_length);
/// Forgets captures before another attempt.
void pattern_restart(pattern_match *m);
/// The end of the match of the pattern at `p` with the text at `s`, NULL if there is none. May raise.
const char *pattern_do(pattern_match *m, const char *s, const char *p);
/// Pushes all captures, or the whole match if there are none and `s` is given. Returns how many.
int pattern_push_captures(pattern_match *m, const char *s, const char *e);
/// Pushes capture `i`, or for the first of none the whole match.
void pattern_push_capture(pattern_match *m, int i, const char *s, const char *e);
