// The state: its memory, its limit and its interruption.
#include "Host.h"
#include <stdio.h>
#include <stdlib.h>

enum { INSTRUCTIONS_BETWEEN_POLLS = 10000 };
static const size_t SMALLEST_EXTERNAL_LIMIT = (size_t)64 << 20;

static void *allocate(void *host_, void *block, size_t old_size, size_t size) {
  tel_host *host = host_;
  if (block == NULL) old_size = 0;  // for new blocks Lua passes the kind of object here
  block_header *header = block == NULL ? NULL : (block_header *)block - 1;
  if (size == 0) {
    free(header);
    host->used -= old_size;
    return NULL;
  }
  if (size > old_size && host->in_swift == 0 && host->used + (size - old_size) > host->limit) return NULL;
  bool fresh = header == NULL;
  header = realloc(header, sizeof(block_header) + size);
  if (header == NULL) {
    if (host->in_swift == 0) return NULL;
    fputs("tel: the system has no memory left\n", stderr);
    abort();
  }
  if (fresh) header->serial = ++host->serial;
  host->used += size;
  host->used -= old_size;
  return header + 1;
}

static int panic(lua_State *L) {
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "tel: unprotected error in Lua: %s\n", message != NULL ? message : "(no message)");
  return 0;
}

// On an interruption the hook comes back at the next instruction, or `while true do pcall(f) end` would swallow it.
static void poll(lua_State *L, lua_Debug *activation) {
  (void)activation;
  tel_host *host = host_of(L);
  if (host->callbacks.interrupted()) {
    lua_sethook(L, poll, LUA_MASKCOUNT, 1);
    lua_sethook(host->state, poll, LUA_MASKCOUNT, 1);
    luaL_error(L, "interrupted");
  } else if (lua_gethookcount(L) == 1) {
    lua_sethook(L, poll, LUA_MASKCOUNT, INSTRUCTIONS_BETWEEN_POLLS);
  }
}

static int set_up(lua_State *L) {
  open_objects(L);
  open_sandbox(L);
  return 0;
}

tel_host *tel_host_create(const tel_callbacks *callbacks, size_t limit) {
  tel_host *host = calloc(1, sizeof *host);
  if (host == NULL) return NULL;
  host->callbacks = *callbacks;
  host->limit = SIZE_MAX;
  host->external_limit = SMALLEST_EXTERNAL_LIMIT;
  lua_State *L = host->state = lua_newstate(allocate, host);
  if (L == NULL) {
    free(host);
    return NULL;
  }
  *(tel_host **)lua_getextraspace(L) = host;
  lua_atpanic(L, panic);
  lua_pushcfunction(L, set_up);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
    tel_host_destroy(host);
    return NULL;
  }
  lua_sethook(L, poll, LUA_MASKCOUNT, INSTRUCTIONS_BETWEEN_POLLS);
  host->in_swift = 1;  // Swift made it and is on the stack until it calls into Lua
  host->limit = limit;
  return host;
}

void tel_host_destroy(tel_host *host) {
  lua_close(host->state);
  free(host);
}

void tel_host_set_owner(tel_host *host, void *owner) { host->owner = owner; }
lua_State *tel_host_state(tel_host *host) { return host->state; }
size_t tel_host_memory(const tel_host *host) { return host->used; }
size_t tel_host_external(const tel_host *host) { return host->external; }
void tel_host_set_limit(tel_host *host, size_t limit) { host->limit = limit; }

void tel_host_collect(tel_host *host) {
  host->in_swift++;
  lua_gc(host->state, LUA_GCCOLLECT);
  host->in_swift--;
}

/// Collects garbage when what hangs on it outside of Lua has grown; raises if Lua's memory is over its limit even then.
static void settle_memory(lua_State *L, tel_host *host) {
  bool over = host->used > host->limit;
  if (!over && host->external <= host->external_limit) return;
  lua_gc(L, LUA_GCCOLLECT);
  host->external_limit = 2 * host->external;
  if (host->external_limit < SMALLEST_EXTERNAL_LIMIT) host->external_limit = SMALLEST_EXTERNAL_LIMIT;
  if (over && host->used > host->limit) {
    lua_pushliteral(L, "not enough memory");
    lua_error(L);
  }
}

int call_swift(lua_State *L, int box) {
  tel_host *host = host_of(L);
  tel_box *function = lua_touserdata(L, box);
  host->in_swift++;
  int results = host->callbacks.call(L, host->owner, function->object);
  host->in_swift--;
  if (results < 0) return lua_error(L);
  settle_memory(L, host);
  return results;
}

static const char TRACEBACK = 0;

static int remember_traceback(lua_State *L) {
  luaL_traceback(L, L, NULL, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &TRACEBACK);
  return 1;
}

void tel_push_traceback(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &TRACEBACK) == LUA_TNIL) {
    tel_pop(L, 1);
    lua_pushliteral(L, "");
  }
}

int tel_call(lua_State *L, int arguments, int results) {
  tel_host *host = host_of(L);
  int handler = lua_gettop(L) - arguments;
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &TRACEBACK);
  lua_pushcfunction(L, remember_traceback);
  lua_insert(L, handler);
  int depth = host->in_swift;
  host->in_swift = 0;
  int status = lua_pcall(L, arguments, results, handler);
  host->in_swift = depth;
  lua_remove(L, handler);
  return status;
}

static int get(lua_State *L) {
  lua_gettable(L, 1);
  return 1;
}

static int set(lua_State *L) {
  lua_settable(L, 1);
  return 0;
}

static int to_string(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

int tel_get(lua_State *L, int table) {
  lua_pushvalue(L, table);
  lua_insert(L, -2);
  lua_pushcfunction(L, get);
  lua_insert(L, -3);
  return tel_call(L, 2, 1);
}

int tel_set(lua_State *L, int table) {
  lua_pushvalue(L, table);
  lua_insert(L, -3);
  lua_pushcfunction(L, set);
  lua_insert(L, -4);
  return tel_call(L, 3, 0);
}

int tel_tostring(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_pushcfunction(L, to_string);
  lua_pushvalue(L, index);
  return tel_call(L, 1, 1);
}
