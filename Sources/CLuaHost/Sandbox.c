// The libraries that any script may use: nothing that reaches files, programs or Lua's insides.
#include "Host.h"

static void remove_field(lua_State *L, const char *name) {
  lua_pushnil(L);
  lua_setfield(L, -2, name);
}

/// `setmetatable` without `__gc`: hooks are off inside finalisers, so that a loop there could never be stopped.
static int set_metatable(lua_State *L) {
  if (lua_type(L, 2) == LUA_TTABLE) {
    lua_pushliteral(L, "__gc");
    if (lua_rawget(L, 2) != LUA_TNIL) {
      return luaL_error(L, "setmetatable: '__gc' can't be used here; use a local with <close> instead");
    }
    lua_pop(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/// `load` for text only: a crafted binary chunk can do anything.
static int load_text(lua_State *L) {
  if (lua_gettop(L) < 3) lua_settop(L, 3);
  lua_pushliteral(L, "t");
  lua_replace(L, 3);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/// A message handler around the script's own, at the first upvalue. An interruption is raised by a hook, and while a hook
/// is under way there are no others: a handler that loops then could not be stopped, so it is left out.
static int handle_message(lua_State *L) {
  if (host_of(L)->callbacks.interrupted()) return 1;
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

static int all_results(lua_State *L, int status, lua_KContext context) {
  (void)status, (void)context;
  return lua_gettop(L);
}

static int protected_call_with_handler(lua_State *L) {
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, handle_message, 1);
  lua_replace(L, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, all_results);
  return lua_gettop(L);
}

static int call_wrapped(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/// `table.move` of no more than a table can hold.
static int move_bounded(lua_State *L) {
  if (lua_isinteger(L, 2) && lua_isinteger(L, 3)) {
    lua_Integer first = lua_tointeger(L, 2), last = lua_tointeger(L, 3);
    if (last >= first && (lua_Unsigned)last - (lua_Unsigned)first >= MOST_ELEMENTS) {
      return luaL_error(L, "table.move: too many elements");
    }
  }
  return call_wrapped(L);
}

/// `table.insert` and `table.remove` where a metatable says that the list has no end.
static int length_bounded(lua_State *L) {
  if (lua_type(L, 1) == LUA_TTABLE && luaL_len(L, 1) > MOST_ELEMENTS) {
    return luaL_error(L, "the list is said to have too many entries");
  }
  return call_wrapped(L);
}

static void wrap(lua_State *L, const char *name, lua_CFunction around) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, around, 1);
  lua_setfield(L, -2, name);
}

static void open_clock(lua_State *L) {
  static const char *const kept[] = {"time", "clock", "date"};
  luaL_requiref(L, LUA_OSLIBNAME, luaopen_os, 0);
  lua_createtable(L, 0, 3);
  for (int i = 0; i < 3; i++) {
    lua_getfield(L, -2, kept[i]);
    lua_setfield(L, -2, kept[i]);
  }
  lua_setglobal(L, "os");
  lua_pop(L, 1);
}

int open_sandbox(lua_State *L) {
  static const luaL_Reg libraries[] = {
      {LUA_GNAME, luaopen_base},          {LUA_COLIBNAME, luaopen_coroutine}, {LUA_TABLIBNAME, luaopen_table},
      {LUA_STRLIBNAME, luaopen_string},   {LUA_MATHLIBNAME, luaopen_math},    {LUA_UTF8LIBNAME, luaopen_utf8},
  };
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
    lua_pop(L, 1);
  }
  lua_pushglobaltable(L);
  remove_field(L, "dofile");
  remove_field(L, "loadfile");
  remove_field(L, "collectgarbage");
  remove_field(L, "warn");
  wrap(L, "setmetatable", set_metatable);
  wrap(L, "load", load_text);
  wrap(L, "xpcall", protected_call_with_handler);
  lua_pop(L, 1);

  lua_getglobal(L, LUA_TABLIBNAME);
  wrap(L, "move", move_bounded);
  wrap(L, "insert", length_bounded);
  wrap(L, "remove", length_bounded);
  lua_pop(L, 1);

  lua_getglobal(L, LUA_STRLIBNAME);
  remove_field(L, "dump");
  lua_pop(L, 1);
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);

  open_clock(L);
  open_order(L);
  open_patterns(L);
  return 0;
}

static int open_trusted(lua_State *L) {
  luaL_requiref(L, LUA_IOLIBNAME, luaopen_io, 1);
  luaL_requiref(L, LUA_OSLIBNAME, luaopen_os, 1);
  return 0;
}

int tel_host_trust(tel_host *host) {
  // luaL_requiref hands out the table it has loaded before; that is the whole library also where we showed a part of it.
  lua_pushcfunction(host->state, open_trusted);
  return tel_call(host->state, 0, 0);
}
