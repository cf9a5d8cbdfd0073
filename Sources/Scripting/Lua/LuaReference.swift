import CLuaHost
import Synchronization

/// Slots in Lua's registry that are free again. References may be let go of on any thread; the slots are emptied by the
/// interpreter's own.
final class ReferencePool: Sendable {
  private struct State {
    var free: [Int] = []
    var released: [Int] = []
    var count = 0
  }
  private let state = Mutex(State())

  func release(_ slot: Int) { state.withLock { $0.released.append(slot) } }

  /// A slot to use, and those to be emptied first.
  func take() -> (slot: Int, released: [Int]) {
    state.withLock { state in
      let released = state.released
      state.free += released
      state.released = []
      if let slot = state.free.popLast() { return (slot, released) }
      state.count += 1
      return (state.count, released)
    }
  }
}

/// Keeps a Lua value alive from Swift. It may be let go of on any thread, but used only on the interpreter's.
public final class LuaReference {
  unowned let state: LuaState
  private let pool: ReferencePool
  private let slot: Int

  /// Takes the value on top of the stack.
  init(popping state: LuaState) {
    self.state = state
    pool = state.references
    let (slot, released) = pool.take()
    state.pushReferenceTable()
    for old in released {
      lua_pushnil(state.thread)
      lua_rawseti(state.thread, -2, lua_Integer(old))
    }
    lua_rotate(state.thread, -2, 1)
    lua_rawseti(state.thread, -2, lua_Integer(slot))
    state.pop()
    self.slot = slot
  }

  /// Refers to the value at `index`, which stays where it is.
  convenience init(_ index: Int32, in state: LuaState) {
    state.reserve()
    lua_pushvalue(state.thread, index)
    self.init(popping: state)
  }

  deinit { pool.release(slot) }

  func push() {
    state.pushReferenceTable()
    lua_rawgeti(state.thread, -1, lua_Integer(slot))
    lua_rotate(state.thread, -2, 1)
    state.pop()
  }
}

extension LuaState {
  private static let referenceTable = LuaClass("references")

  /// Pushes the table in the registry that references live in.
  fileprivate func pushReferenceTable() {
    reserve()
    let tag = Self.referenceTable.tag
    if lua_rawgetp(thread, tel_registry_index(), tag) == LUA_TNIL {
      pop()
      lua_createtable(thread, 0, 0)
      lua_pushvalue(thread, -1)
      lua_rawsetp(thread, tel_registry_index(), tag)
    }
  }
}
