#define _GNU_SOURCE
// `string.find`, `match`, `gmatch` and `gsub` with patterns that can be interrupted.
#include "Host.h"
#include "Pattern.h"
#include <string.h>

/// Where a search begins, from 0: negative positions count from the end.
static size_t start_of(lua_Integer position, size_t length) {
  if (position > 0) return (size_t)position - 1;
  if (position == 0 || position < -(lua_Integer)length) return 0;
  return length + (size_t)position;
}

static bool is_plain(const char *pattern, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (pattern[i] != 0 && strchr("^$*+?.([%-", pattern[i]) != NULL) return false;
  }
  return true;
}

static int search(lua_State *L, bool finds) {
  size_t length, pattern_length;
  const char *s = luaL_checklstring(L, 1, &length);
  const char *p = luaL_checklstring(L, 2, &pattern_length);
  size_t start = start_of(luaL_optinteger(L, 3, 1), length);
  if (start > length) {
    luaL_pushfail(L);
    return 1;
  }
  if (finds && (lua_toboolean(L, 4) || is_plain(p, pattern_length))) {
    const char *found = memmem(s + start, length - start, p, pattern_length);
    if (found == NULL) {
      luaL_pushfail(L);
      return 1;
    }
    lua_pushinteger(L, found - s + 1);
    lua_pushinteger(L, found - s + (lua_Integer)pattern_length);
    return 2;
  }
  bool is_anchored = pattern_length > 0 && *p == '^';
  if (is_anchored) {
    p++;
    pattern_length--;
  }
  pattern_match m;
  pattern_begin(&m, L, s, length, p, pattern_length);
  const char *at = s + start;
  do {
    pattern_restart(&m);
    const char *end = pattern_do(&m, at, p);
    if (end == NULL) continue;
    if (!finds) return pattern_push_captures(&m, at, end);
    lua_pushinteger(L, at - s + 1);
    lua_pushinteger(L, end - s);
    return pattern_push_captures(&m, NULL, NULL) + 2;
  } while (at++ < m.source_end && !is_anchored);
  luaL_pushfail(L);
  return 1;
}

static int find(lua_State *L) { return search(L, true); }
static int match(lua_State *L) { return search(L, false); }

enum { WALK_STRING = 1, WALK_PATTERN, WALK_AT, WALK_LAST, WALK_UPVALUES = WALK_LAST };

/// The iterator of `gmatch`: where it goes on and where the last match ended are kept as numbers.
static int next_match(lua_State *L) {
  size_t length, pattern_length;
  const char *s = lua_tolstring(L, lua_upvalueindex(WALK_STRING), &length);
  const char *p = lua_tolstring(L, lua_upvalueindex(WALK_PATTERN), &pattern_length);
  lua_Integer last = lua_tointeger(L, lua_upvalueindex(WALK_LAST));
  pattern_match m;
  pattern_begin(&m, L, s, length, p, pattern_length);
  for (const char *at = s + lua_tointeger(L, lua_upvalueindex(WALK_AT)); at <= m.source_end; at++) {
    pattern_restart(&m);
    const char *end = pattern_do(&m, at, p);
    if (end == NULL || end - s == last) continue;
    lua_pushinteger(L, end - s);
    lua_pushvalue(L, -1);
    lua_replace(L, lua_upvalueindex(WALK_AT));
    lua_replace(L, lua_upvalueindex(WALK_LAST));
    return pattern_push_captures(&m, at, end);
  }
  lua_pushinteger(L, (lua_Integer)length + 1);
  lua_replace(L, lua_upvalueindex(WALK_AT));
  return 0;
}

static int gmatch(lua_State *L) {
  size_t length;
  luaL_checklstring(L, 1, &length);
  luaL_checkstring(L, 2);
  size_t start = start_of(luaL_optinteger(L, 3, 1), length);
  if (start > length) start = length + 1;
  lua_settop(L, 2);
  lua_pushinteger(L, (lua_Integer)start);
  lua_pushinteger(L, -1);
  lua_pushcclosure(L, next_match, WALK_UPVALUES);
  return 1;
}

/// Adds a replacement text, in which %0 to %9 stand for captures.
static void add_text(pattern_match *m, luaL_Buffer *b, const char *s, const char *e) {
  lua_State *L = m->L;
  size_t length;
  const char *text = lua_tolstring(L, 3, &length);
  const char *end = text + length;
  for (; text < end; text++) {
    if (*text != '%') {
      luaL_addchar(b, *text);
      continue;
    }
    text++;
    if (text < end && *text == '%') {
      luaL_addchar(b, *text);
    } else if (text < end && *text == '0') {
      luaL_addlstring(b, s, (size_t)(e - s));
    } else if (text < end && '1' <= *text && *text <= '9') {
      pattern_push_capture(m, *text - '1', s, e);
      luaL_tolstring(L, -1, NULL);
      lua_remove(L, -2);
      luaL_addvalue(b);
    } else {
      luaL_error(L, "invalid use of '%%' in replacement string");
    }
  }
}

/// Adds what takes the place of a match. Returns whether that is anything else than the match.
static bool add_replacement(pattern_match *m, luaL_Buffer *b, const char *s, const char *e, int type) {
  lua_State *L = m->L;
  switch (type) {
    case LUA_TFUNCTION: {
      lua_pushvalue(L, 3);
      int count = pattern_push_captures(m, s, e);
      lua_call(L, count, 1);
      break;
    }
    case LUA_TTABLE:
      pattern_push_capture(m, 0, s, e);
      lua_gettable(L, 3);
      break;
    default: add_text(m, b, s, e); return true;
  }
  if (!lua_toboolean(L, -1)) {
    lua_pop(L, 1);
    luaL_addlstring(b, s, (size_t)(e - s));
    return false;
  }
  if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
  luaL_addvalue(b);
  return true;
}

static int gsub(lua_State *L) {
  size_t length, pattern_length;
  const char *s = luaL_checklstring(L, 1, &length);
  const char *p = luaL_checklstring(L, 2, &pattern_length);
  int type = lua_type(L, 3);
  lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)length + 1);
  luaL_argexpected(
      L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
      "string/function/table");
  bool is_anchored = pattern_length > 0 && *p == '^';
  if (is_anchored) {
    p++;
    pattern_length--;
  }
  pattern_match m;
  pattern_begin(&m, L, s, length, p, pattern_length);
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  lua_Integer count = 0;
  bool is_changed = false;
  const char *at = s, *last = NULL;
  while (count < most) {
    pattern_restart(&m);
    const char *end = pattern_do(&m, at, p);
    if (end != NULL && end != last) {
      count++;
      is_changed = add_replacement(&m, &b, at, end, type) || is_changed;
      at = last = end;
    } else if (at < m.source_end) {
      luaL_addchar(&b, *at++);
    } else {
      break;
    }
    if (is_anchored) break;
  }
  if (is_changed) {
    luaL_addlstring(&b, at, (size_t)(m.source_end - at));
    luaL_pushresult(&b);
  } else {
    lua_pushvalue(L, 1);
  }
  lua_pushinteger(L, count);
  return 2;
}

void open_patterns(lua_State *L) {
  static const luaL_Reg functions[] = {{"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {NULL, NULL}};
  lua_getglobal(L, LUA_STRLIBNAME);
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
