// Stock Lua's `pairs` follows hashes that differ from process to process, and `table.sort` draws a random pivot.
// Here tables are visited in an order that only their content decides: first 1, 2, … up to the first gap, then the other
// numbers by value, strings by their bytes, false and true, and last tables, functions and the like by age.
#include "Host.h"
#include <stdlib.h>
#include <string.h>

/// What a key is sorted by; strings stay where they are, since the table holds them.
typedef struct {
  int rank;
  lua_Integer integer;
  lua_Number number;
  const char *bytes;
  size_t length;
  /// Where the key was in the unsorted list.
  lua_Integer position;
} sort_key;

enum { RANK_NUMBER, RANK_STRING, RANK_BOOLEAN, RANK_OBJECT };

/// How many objects had been made before the one at `index`: the same in every process, unlike its address.
static uint64_t age_of(lua_State *L, int index) {
  const void *address = lua_topointer(L, index);
  switch (lua_type(L, index)) {
    case LUA_TTABLE: return ((const block_header *)address)[-1].serial;
    case LUA_TTHREAD:
      return ((const block_header *)lua_getextraspace((char *)address))[-1].serial;
    case LUA_TFUNCTION:
      if (lua_iscfunction(L, index) && (const void *)(size_t)lua_tocfunction(L, index) == address) return 0;
      return ((const block_header *)address)[-1].serial;
    case LUA_TUSERDATA:
      return lua_rawlen(L, index) == sizeof(tel_box) ? ((const tel_box *)address)->serial : 0;
    default: return 0;
  }
}

static sort_key key_at(lua_State *L, int index, lua_Integer position) {
  sort_key key = {.position = position};
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
      key.rank = RANK_NUMBER;
      key.number = lua_tonumber(L, index);
      key.integer = lua_isinteger(L, index) ? lua_tointeger(L, index) : 0;
      break;
    case LUA_TSTRING:
      key.rank = RANK_STRING;
      key.bytes = lua_tolstring(L, index, &key.length);
      break;
    case LUA_TBOOLEAN:
      key.rank = RANK_BOOLEAN;
      key.integer = lua_toboolean(L, index);
      break;
    default:
      key.rank = RANK_OBJECT;
      key.integer = (lua_Integer)age_of(L, index);
  }
  return key;
}

static int compare_keys(const void *left, const void *right) {
  const sort_key *a = left, *b = right;
  if (a->rank != b->rank) return a->rank - b->rank;
  if (a->rank == RANK_STRING) {
    int order = memcmp(a->bytes, b->bytes, a->length < b->length ? a->length : b->length);
    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
  }
  if (a->number != b->number) return a->number < b->number ? -1 : 1;
  return (a->integer > b->integer) - (a->integer < b->integer);
}

/// The number of values at 1, 2, … before the first gap.
static lua_Integer sequence_length(lua_State *L, int table) {
  lua_Integer n = 0;
  while (lua_rawgeti(L, table, n + 1) != LUA_TNIL) {
    lua_pop(L, 1);
    n++;
  }
  lua_pop(L, 1);
  return n;
}

static bool in_sequence(lua_State *L, int index, lua_Integer n) {
  if (!lua_isinteger(L, index)) return false;
  lua_Integer i = lua_tointeger(L, index);
  return 1 <= i && i <= n;
}

/// Pushes a list of the keys outside of the sequence, in order; nil if there are none.
static void push_other_keys(lua_State *L, int table, lua_Integer n) {
  lua_Integer count = 0;
  lua_newtable(L);
  int unsorted = lua_gettop(L);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    lua_pop(L, 1);
    if (!in_sequence(L, -1, n)) {
      lua_pushvalue(L, -1);
      lua_rawseti(L, unsorted, ++count);
    }
  }
  if (count == 0) {
    lua_pop(L, 1);
    lua_pushnil(L);
    return;
  }
  sort_key *keys = lua_newuserdatauv(L, (size_t)count * sizeof *keys, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, unsorted, i + 1);
    keys[i] = key_at(L, -1, i + 1);
    lua_pop(L, 1);
  }
  qsort(keys, (size_t)count, sizeof *keys, compare_keys);
  lua_createtable(L, count < 1 << 30 ? (int)count : 0, 0);
  for (lua_Integer i = 0; i < count; i++) {
    lua_rawgeti(L, unsorted, keys[i].position);
    lua_rawseti(L, -2, i + 1);
  }
  lua_replace(L, unsorted);
  lua_pop(L, 1);
}

enum { WALK_TABLE = 1, WALK_LENGTH, WALK_KEYS, WALK_POSITION, WALK_UPVALUES = WALK_POSITION };

/// The iterator that `pairs` returns: keys that were cleared meanwhile are skipped, keys that were added are not visited.
static int walk(lua_State *L) {
  lua_settop(L, 0);
  lua_Integer n = lua_tointeger(L, lua_upvalueindex(WALK_LENGTH));
  lua_Integer position = lua_tointeger(L, lua_upvalueindex(WALK_POSITION));
  for (;;) {
    position++;
    if (position <= n) {
      lua_pushinteger(L, position);
    } else if (lua_isnil(L, lua_upvalueindex(WALK_KEYS)) ||
               lua_rawgeti(L, lua_upvalueindex(WALK_KEYS), position - n) == LUA_TNIL) {
      lua_pushnil(L);
      return 1;
    }
    lua_pushvalue(L, -1);
    if (lua_rawget(L, lua_upvalueindex(WALK_TABLE)) != LUA_TNIL) {
      lua_pushinteger(L, position);
      lua_replace(L, lua_upvalueindex(WALK_POSITION));
      return 2;
    }
    lua_settop(L, 0);
  }
}

static int ordered_pairs(lua_State *L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_Integer n = sequence_length(L, 1);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, n);
  push_other_keys(L, 1, n);
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, walk, WALK_UPVALUES);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/// Pushes {keys in order, key -> position} of the table at 1 and remembers it under that table.
static void push_snapshot(lua_State *L) {
  lua_Integer n = sequence_length(L, 1);
  lua_createtable(L, 2, 0);
  int snapshot = lua_gettop(L);
  push_other_keys(L, 1, n);
  lua_newtable(L);
  lua_newtable(L);
  int others = snapshot + 1, keys = snapshot + 2, positions = snapshot + 3;
  for (lua_Integer i = 1;; i++) {
    if (i <= n) {
      lua_pushinteger(L, i);
    } else if (lua_isnil(L, others) || lua_rawgeti(L, others, i - n) == LUA_TNIL) {
      break;
    }
    lua_pushvalue(L, -1);
    lua_rawseti(L, keys, i);
    lua_pushinteger(L, i);
    lua_rawset(L, positions);
  }
  lua_settop(L, positions);
  lua_rawseti(L, snapshot, 2);
  lua_rawseti(L, snapshot, 1);
  lua_settop(L, snapshot);
  lua_pushvalue(L, 1);
  lua_pushvalue(L, snapshot);
  lua_rawset(L, lua_upvalueindex(1));
}

/// `next` in the order of `pairs`. The order is worked out once per walk over a table and kept with it, weakly.
static int ordered_next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  lua_Integer position = 0;
  bool starts = lua_isnil(L, 2);
  if (!starts) {
    lua_pushvalue(L, 1);
    lua_rawget(L, lua_upvalueindex(1));
  }
  for (bool fresh = starts; position == 0; fresh = true) {
    if (fresh || !lua_istable(L, 3)) {
      lua_settop(L, 2);
      push_snapshot(L);
      fresh = true;
    }
    if (starts) break;
    lua_rawgeti(L, 3, 2);
    lua_pushvalue(L, 2);
    lua_rawget(L, -2);
    position = lua_tointeger(L, -1);
    lua_settop(L, 3);
    if (position == 0 && fresh) return luaL_error(L, "invalid key to 'next'");
  }
  lua_rawgeti(L, 3, 1);
  for (;;) {
    lua_settop(L, 4);
    if (lua_rawgeti(L, 4, ++position) == LUA_TNIL) {
      lua_pushvalue(L, 1);
      lua_pushnil(L);
      lua_rawset(L, lua_upvalueindex(1));
      lua_pushnil(L);
      return 1;
    }
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL) return 2;
  }
}

/// Whether the value at `a` belongs strictly before the one at `b`, by the function at 2 or by `<`.
static bool before(lua_State *L, int a, int b) {
  if (lua_isnil(L, 2)) return lua_compare(L, a, b, LUA_OPLT);
  a = lua_absindex(L, a);
  b = lua_absindex(L, b);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  bool result = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return result;
}

/// Merges the sorted runs [low, middle) and [middle, high) of the list at `from` into the list at `to`.
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle, lua_Integer high) {
  lua_Integer a = low, b = middle;
  for (lua_Integer i = low; i < high; i++) {
    bool second = a >= middle;
    if (a < middle && b < high) {
      lua_rawgeti(L, from, a);
      lua_rawgeti(L, from, b);
      second = before(L, -1, -2);
      lua_pop(L, 2);
    }
    lua_rawgeti(L, from, second ? b++ : a++);
    lua_rawseti(L, to, i);
  }
}

/// `table.sort` by merging: stable, so that the result is the same everywhere also where elements are equal.
static int stable_sort(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_Integer n = luaL_len(L, 1);
  if (n > MOST_ELEMENTS) return luaL_error(L, "table.sort: the list is said to have too many entries");
  int from = 3, to = 4;
  lua_createtable(L, n > 0 && n < 1 << 30 ? (int)n : 0, 0);
  lua_newtable(L);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_geti(L, 1, i);
    lua_rawseti(L, from, i);
  }
  for (lua_Integer width = 1; width < n; width *= 2) {
    for (lua_Integer low = 1; low <= n; low += 2 * width) {
      lua_Integer middle = low + width <= n + 1 ? low + width : n + 1;
      lua_Integer high = low + 2 * width <= n + 1 ? low + 2 * width : n + 1;
      merge(L, from, to, low, middle, high);
    }
    int other = from;
    from = to;
    to = other;
  }
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, from, i);
    lua_seti(L, 1, i);
  }
  return 0;
}

void open_order(lua_State *L) {
  lua_pushcfunction(L, ordered_pairs);
  lua_setglobal(L, "pairs");
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pushcclosure(L, ordered_next, 1);
  lua_setglobal(L, "next");
  lua_getglobal(L, LUA_TABLIBNAME);
  lua_pushcfunction(L, stable_sort);
  lua_setfield(L, -2, "sort");
  lua_pop(L, 1);
}
