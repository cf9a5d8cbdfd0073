/// Lua made safe to call from Swift.
///
/// Lua raises errors by longjmp, which must never cross a Swift frame. Hence two rules:
/// - every function Lua sees is one C closure, the trampoline; it calls Swift, and raises only after Swift has returned;
/// - Swift calls only what cannot raise (raw access, pushes), or the `tel_…` functions below, which are protected.
/// While Swift is on the stack the memory limit is off, so that no allocation there can raise.
#pragma once
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

/// What the host asks of Swift. None of these may let an error out.
typedef struct {
  /// Calls a function object. Returns how many results it pushed, or -1 after pushing one error value.
  int (*call)(lua_State *L, void *owner, void *function);
  /// Lets go of an object that was given to `tel_push_object` or `tel_push_function`.
  void (*release)(void *object);
  /// Whether the user asked to stop.
  bool (*interrupted)(void);
} tel_callbacks;

typedef struct tel_host tel_host;

/// A fresh Lua state with the safe libraries, or NULL without memory. `limit`: bytes that Lua's own memory may take.
tel_host *_Nullable tel_host_create(const tel_callbacks *callbacks, size_t limit);
/// What is handed to `call`; not owned.
void tel_host_set_owner(tel_host *host, void *owner);
void tel_host_destroy(tel_host *host);
lua_State *tel_host_state(tel_host *host);
/// Opens `io` and `os` whole, for scripts that the user trusts. Returns a Lua status, with a message pushed if not LUA_OK.
int tel_host_trust(tel_host *host);

/// Bytes in Lua's own memory, and bytes that live objects hold outside of it.
size_t tel_host_memory(const tel_host *host);
size_t tel_host_external(const tel_host *host);
void tel_host_set_limit(tel_host *host, size_t limit);
/// Lets go of everything that no Lua value refers to any more.
void tel_host_collect(tel_host *host);

/// Pushes a function that calls `function` through the trampoline; takes over one reference to it.
void tel_push_function(lua_State *L, void *function);
/// The function object behind the function at `index` if that is one of ours, else NULL. It lives as long as the function.
void *_Nullable tel_to_function(lua_State *L, int index);
/// Pushes `object` as userdata of the class `tag`; takes over one reference to it. `bytes`: what it holds outside of Lua.
void tel_push_object(lua_State *L, const void *tag, void *object, size_t bytes);
/// The object at `index` if it is userdata of the class `tag` that was not freed, else NULL.
void *_Nullable tel_to_object(lua_State *L, int index, const void *tag);
/// The object at `index` whatever its class, with its class in `tag`; NULL if it is no object of ours or was freed.
void *_Nullable tel_any_object(lua_State *L, int index, const void *_Nullable *_Nonnull tag);
/// Whether the value at `index` is userdata of the class `tag`, freed or not.
bool tel_is_object(lua_State *L, int index, const void *tag);
/// Frees the object at `index` now rather than when it is collected.
void tel_free_object(lua_State *L, int index);
/// Makes the metatable of a class and pushes two tables to fill: the metatable, then the methods.
/// `missing` (taken over) is the function object called as (object, key) for what is no method.
void tel_new_class(lua_State *L, const void *tag, const char *name, void *missing);

/// Calls the function under `arguments` values and keeps `results` of its results (LUA_MULTRET: all). Returns a Lua
/// status; if it is not LUA_OK the error value is pushed instead, and `tel_push_traceback` tells where it came from.
int tel_call(lua_State *L, int arguments, int results);
/// Pushes the traceback of the last error that `tel_call` returned.
void tel_push_traceback(lua_State *L);
/// Like `lua_gettable`, `lua_settable` and `luaL_tolstring`, with metamethods, but protected: they return a Lua status.
int tel_get(lua_State *L, int table);
int tel_set(lua_State *L, int table);
int tel_tostring(lua_State *L, int index);

// Macros that Swift does not see.
static inline int tel_upvalue_index(int i) { return lua_upvalueindex(i); }
static inline int tel_registry_index(void) { return LUA_REGISTRYINDEX; }
static inline void tel_pop(lua_State *L, int count) { lua_settop(L, -count - 1); }
static inline const char *tel_release(void) { return LUA_RELEASE; }

#pragma clang assume_nonnull end
