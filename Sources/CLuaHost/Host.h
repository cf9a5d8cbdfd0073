/// What the files of the Lua host share.
#pragma once
#include "CLuaHost.h"

struct tel_host {
  lua_State *state;
  tel_callbacks callbacks;
  void *owner;
  /// Lua's own memory, and what it may grow to while no Swift is on the stack.
  size_t used, limit;
  /// What live objects hold outside of Lua, and what that may grow to before a collection.
  size_t external, external_limit;
  /// Grows with every allocation: an age that is the same in every process, unlike an address.
  uint64_t serial;
  /// How many calls into Swift are under way since Lua was last entered.
  int in_swift;
};

/// Full userdata around one reference to a Swift object.
typedef struct {
  const void *tag;
  void *object;
  size_t bytes;
  uint64_t serial;
} tel_box;

static inline tel_host *host_of(lua_State *L) { return *(tel_host **)lua_getextraspace(L); }

/// Every allocation is preceded by its serial number.
typedef struct {
  uint64_t serial, unused;
} block_header;

/// Calls the function object of the box at `box` with everything on the stack; raises what it reports.
int call_swift(lua_State *L, int box);
/// Pushes a function object without a function around it.
void push_function_box(lua_State *L, void *function);
/// Makes the metatables that the host itself needs.
void open_objects(lua_State *L);
/// Opens the safe libraries; a Lua function.
int open_sandbox(lua_State *L);
/// Replaces the string functions that take patterns by ones that can be interrupted.
void open_patterns(lua_State *L);
/// More elements than any table can have within the memory limit: loops over as many, which a metatable or an argument may
/// ask for, could not be interrupted.
enum { MOST_ELEMENTS = 1 << 27 };
/// Replaces `pairs`, `next` and `table.sort` by ones that don't differ from process to process.
void open_order(lua_State *L);
