import CLuaHost
import Datasets
import Foundation
import Storage
import Tensors
import Training

/// A Lua interpreter inside Swift: safe libraries, a memory limit, and errors that stay Swift errors in Swift.
///
/// It belongs to one thread: whoever made it calls it. What follows from Lua raising errors by longjmp is hidden in
/// `CLuaHost` and this folder; other files register functions and classes and never touch the Lua stack:
/// ```swift
/// state.register("tel.tree.mst") { call in
///   let guide = try call.argument(1, "guide", as: Variable.self)
///   return LuaTree(try minimumSpanningTree(guide.value))
/// }
/// ```
public final class LuaState {
  /// Lua's own memory may grow to this many bytes unless said otherwise.
  public static let defaultMemoryLimit = 2 << 30

  private var host: OpaquePointer!
  /// The Lua thread that runs now: the main one or a coroutine.
  @exclusivity(unchecked) var thread: OpaquePointer
  let references = ReferencePool()
  /// The error that was last turned into a Lua value, so that it can be told again on the way out.
  var passing: PassingError?
  /// Classes whose metatables exist, by their tag.
  var classes: [UnsafeRawPointer: LuaClass] = [:]
  /// What a class does with keys that are no methods, and its methods, by its tag.
  var indexHandlers: [UnsafeRawPointer: LuaBody] = [:]
  var methodTables: [UnsafeRawPointer: LuaTable] = [:]
  /// Methods of configurations that were asked for, by their full names.
  var configurationMethods: [String: LuaFunction] = [:]
  /// Names and help of all registered functions.
  public internal(set) var documentation: [String: String] = [:]
  /// What the constructors of configurations know, by their names.
  public internal(set) var schemas: [String: ConfigurationSchema] = [:]

  /// Every Lua source that was loaded, verbatim, by the name that errors show.
  public internal(set) var sources = LuaSources()
  /// Lua's `math.random` draws from here; saving and restoring it continues the stream exactly.
  public var random: RandomStream
  /// The seed of the run: `math.randomseed()` without arguments returns to it.
  public let seed: UInt64
  /// What `print` writes to.
  public var output: LuaOutput = .standard
  /// What becomes of pictures that a script shows.
  public var display: LuaDisplay = .standard
  /// Files of pictures that were shown under an id, and what they are called.
  var shownFiles: [String: (path: String, shown: String)] = [:]
  /// Where trainings that a script starts say how far they are.
  public var console = Console.standard
  /// Told of such a training after each step, and when it is over.
  public var onTraining: ((_ trainer: Trainer, _ isOver: Bool) throws -> Void)?
  /// Where functions of ours may write.
  public var writePolicy = WritePolicy()
  /// The folder of datasets: the last place where relative paths are looked up.
  public var dataRoot = ProcessInfo.processInfo.environment["DATA_ROOT"]
  /// The folder that `require` may load from.
  public var moduleFolder = FileManager.default.currentDirectoryPath
  /// Whether data sets leave out, and count, what can't be read, instead of failing.
  public var skipsBadSamples = false
  /// Whether networks leave out the weights that they would start from, since they get others.
  var skipsPretrained = false
  var modules: [String: ModuleState] = [:]
  /// The sources that a file carried, where it is their recipe that runs.
  var carried: CarriedSources?
  /// Versions and the like, for the files of runs.
  public var environment: [String: AttributeValue] = [:]
  /// Globals that may be read although nothing was assigned to them, where that is an error otherwise.
  public var declaredGlobals: Set<String> = []
  /// Whether globals that don't exist may be read for now where that is an error otherwise.
  public var allowsUndefinedGlobals = false
  /// The folder in which `runs` lies (`--out`).
  public var outputFolder = "."
  /// The run that `tel.log` belongs to.
  var recipeRun = RecipeRun.none
  /// The networks whose `forward` runs now, outermost first.
  var forwarding: [LuaNetwork] = []

  /// - Parameters:
  ///   - seed: of `math.random`.
  ///   - memoryLimit: bytes that Lua's own memory may take; tensors are not counted.
  public init(seed: UInt64 = 0, memoryLimit: Int = LuaState.defaultMemoryLimit) {
    self.seed = seed
    self.memoryLimit = memoryLimit
    random = RandomStream(seed: seed, purpose: "lua")
    var callbacks = tel_callbacks(
      call: NativeFunction.enter, release: { Unmanaged<AnyObject>.fromOpaque($0).release() },
      interrupted: { Interruption.isRequested })
    // The owner is set below: self can't be used before all properties are.
    guard let host = tel_host_create(&callbacks, memoryLimit) else { preconditionFailure("no memory for a Lua state") }
    self.host = host
    thread = tel_host_state(host)
    tel_host_set_owner(host, Unmanaged.passUnretained(self).toOpaque())
    registerSandbox()
  }

  deinit {
    stopTellingSites()
    tel_host_destroy(host)
  }

  /// Opens `io` and `os` whole and lets our own functions write anywhere.
  public func trust() {
    writePolicy.isLifted = true
    if tel_host_trust(host) != LUA_OK { tel_pop(thread, 1) }
  }

  /// Finds what relative paths mean: in the working directory, then the recipe's folder, then the folder of datasets. A recipe
  /// that came inside of a file reads nothing but the folder of datasets and what it wrote itself.
  public var paths: PathResolver {
    if carried != nil {
      return PathResolver(folders: [dataRoot, outputFolder].compactMap(\.self), isConfined: true)
    }
    return PathResolver(folders: [FileManager.default.currentDirectoryPath, moduleFolder, dataRoot].compactMap(\.self))
  }

  /// Bytes that Lua's own memory may take; what is in use already stays.
  public var memoryLimit: Int {
    didSet { tel_host_set_limit(host, memoryLimit) }
  }

  /// Bytes in Lua's own memory now.
  public var memory: Int { tel_host_memory(host) }
  /// Bytes that the objects Lua knows of hold outside of it.
  public var externalMemory: Int { tel_host_external(host) }

  /// Lets go of all that no Lua value refers to any more, tensors above all.
  func collectGarbage() { tel_host_collect(host) }

  /// Makes sure that `count` more values fit on the Lua stack.
  func reserve(_ count: Int = 20) {
    precondition(lua_checkstack(thread, Int32(count)) != 0, "Lua's stack is full")
  }

  /// The number of values on the stack of the function that runs now.
  var top: Int32 { lua_gettop(thread) }

  func pop(_ count: Int = 1) { tel_pop(thread, Int32(count)) }

  /// Runs `body` and takes what it left on the stack off again.
  func restoringStack<R>(_ body: () throws -> R) rethrows -> R {
    let height = top
    defer { lua_settop(thread, height) }
    return try body()
  }
}
