import CLuaHost

extension LuaState {
  /// The Lua in use: "Lua 5.4.4".
  public static var version: String { String(cString: tel_release()) }
}
