// Swift objects as userdata, and the functions that call them.
#include "Host.h"

/// The class of the boxes that hold functions.
static const char FUNCTION = 0;

static tel_box *box_at(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TUSERDATA || lua_rawlen(L, index) != sizeof(tel_box)) return NULL;
  return lua_touserdata(L, index);
}

static void release(lua_State *L, tel_box *box) {
  if (box->object == NULL) return;
  tel_host *host = host_of(L);
  void *object = box->object;
  box->object = NULL;
  host->external -= box->bytes;
  host->in_swift++;
  host->callbacks.release(object);
  host->in_swift--;
}

static int collect(lua_State *L) {
  tel_box *box = box_at(L, 1);
  if (box != NULL) release(L, box);
  return 0;
}

static tel_box *push_box(lua_State *L, const void *tag, void *object, size_t bytes) {
  tel_host *host = host_of(L);
  tel_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (tel_box){.tag = tag, .object = object, .bytes = bytes, .serial = ++host->serial};
  host->external += bytes;
  lua_rawgetp(L, LUA_REGISTRYINDEX, tag);
  lua_setmetatable(L, -2);
  return box;
}

static int trampoline(lua_State *L) { return call_swift(L, lua_upvalueindex(1)); }

void push_function_box(lua_State *L, void *function) { push_box(L, &FUNCTION, function, 0); }

void tel_push_function(lua_State *L, void *function) {
  push_function_box(L, function);
  lua_pushcclosure(L, trampoline, 1);
}

void *tel_to_function(lua_State *L, int index) {
  if (lua_tocfunction(L, index) != trampoline || lua_getupvalue(L, index, 1) == NULL) return NULL;
  tel_box *box = box_at(L, -1);
  tel_pop(L, 1);
  return box != NULL && box->tag == &FUNCTION ? box->object : NULL;
}

void tel_push_object(lua_State *L, const void *tag, void *object, size_t bytes) { push_box(L, tag, object, bytes); }

bool tel_is_object(lua_State *L, int index, const void *tag) {
  tel_box *box = box_at(L, index);
  return box != NULL && box->tag == tag;
}

void *tel_to_object(lua_State *L, int index, const void *tag) {
  tel_box *box = box_at(L, index);
  return box != NULL && box->tag == tag ? box->object : NULL;
}

void *tel_any_object(lua_State *L, int index, const void **tag) {
  tel_box *box = box_at(L, index);
  *tag = box != NULL ? box->tag : NULL;
  return box != NULL && box->tag != &FUNCTION ? box->object : NULL;
}

void tel_free_object(lua_State *L, int index) {
  tel_box *box = box_at(L, index);
  if (box != NULL) release(L, box);
}

/// Methods are looked up without a detour through Swift; only what is no method goes there.
static int index_object(lua_State *L) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    lua_settop(L, 2);
  }
  return call_swift(L, lua_upvalueindex(2));
}

static void new_metatable(lua_State *L, const void *tag, const char *name) {
  lua_createtable(L, 0, 8);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__close");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, tag);
}

void tel_new_class(lua_State *L, const void *tag, const char *name, void *missing) {
  new_metatable(L, tag, name);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  push_function_box(L, missing);
  lua_pushcclosure(L, index_object, 2);
  lua_setfield(L, -3, "__index");
}

void open_objects(lua_State *L) {
  new_metatable(L, &FUNCTION, "function");
  lua_pop(L, 1);
}
