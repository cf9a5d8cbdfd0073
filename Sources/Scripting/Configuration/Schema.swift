import Storage

/// What a configuration is a configuration of.
public enum ConfigurationKind: String, Sendable {
  case model, layer, data, augmentation, optimizer, schedule, loss, recipe

  /// As errors say it: "a model (tel.models.…)".
  var expectation: String {
    switch self {
    case .model: "a model (tel.models.…, tel.module{…})"
    case .layer: "a layer (tel.nn.Conv{…}, …)"
    case .data: "a data set (tel.data.…)"
    case .augmentation: "an augmentation (tel.augment.…)"
    case .optimizer: "an optimiser (tel.optim.…)"
    case .schedule: "a schedule (tel.schedule.…)"
    case .loss: "a loss (tel.loss.…)"
    case .recipe: "a recipe (tel.recipe{…})"
    }
  }
}

/// What a field may hold.
public indirect enum FieldType: Sendable {
  case boolean
  case integer(ClosedRange<Int>)
  case number(ClosedRange<Double>)
  case string
  /// One of some strings.
  case choice([String])
  case function
  /// A table with keys of the user's own.
  case table
  case anything
  /// An object of a class, say a tensor.
  case object(LuaClass)
  case configuration(ConfigurationKind)
  case list(FieldType)
  /// A table with known keys.
  case record([Field])
  /// A table of one kind of entry: a list, names of the user's own, or both.
  case entries(FieldType)
  case either([FieldType])

  public static var integer: FieldType { .integer(.min ... .max) }
  public static var count: FieldType { .integer(1 ... .max) }
  public static var number: FieldType { .number(-.infinity ... .infinity) }
  public static var positive: FieldType { .number(.leastNonzeroMagnitude ... .infinity) }
  public static var nonnegative: FieldType { .number(0 ... .infinity) }
  /// Two numbers, the smaller first.
  public static var range: FieldType { .list(.number) }

  /// What errors say was expected.
  var expectation: String {
    switch self {
    case .boolean: "true or false"
    case .integer(let range):
      "an integer"
        + Self.bounds(
          (range.lowerBound == .min ? -.infinity : Double(range.lowerBound))...(range.upperBound == .max
            ? .infinity : Double(range.upperBound)))
    case .number(let range) where range.lowerBound == .leastNonzeroMagnitude && range.upperBound == .infinity:
      "a number above 0"
    case .number(let range): "a number" + Self.bounds(range)
    case .string: "a string"
    case .choice(let names): names.map { "\"\($0)\"" }.joined(separator: " or ")
    case .function: "a function"
    case .table: "a table"
    case .anything: "a value"
    case .object(let luaClass): "a \(luaClass.name)"
    case .configuration(let kind): kind.expectation
    case .list(let element): "a list, each entry \(element.expectation)"
    case .record(let fields): "a table of " + fields.map(\.name).joined(separator: ", ")
    case .entries(let element): "a table, each entry \(element.expectation)"
    case .either(let types): types.map(\.expectation).joined(separator: " or ")
    }
  }

  private static func bounds(_ range: ClosedRange<Double>) -> String {
    let (low, high) = (LuaValue.shown(range.lowerBound), LuaValue.shown(range.upperBound))
    return switch (range.lowerBound == -.infinity, range.upperBound == .infinity) {
    case (true, true): ""
    case (false, true): " of at least \(low)"
    case (true, false): " of at most \(high)"
    case (false, false): " from \(low) to \(high)"
    }
  }
}

/// A key that a configuration knows.
public struct Field: Sendable {
  public let name: String
  public let type: FieldType
  /// What reading it gives where it was not set.
  public let value: StoredValue?

  /// - Parameter value: the default; without one the field is unset, and `required` may ask for it.
  public init(_ name: String, _ type: FieldType, default value: StoredValue? = nil) {
    (self.name, self.type, self.value) = (name, type, value)
  }
}

/// What one constructor of configurations, say `tel.optim.sgd`, knows.
public final class ConfigurationSchema {
  public typealias Method = (Configuration, LuaCall) throws -> (any LuaWritable)?

  /// The constructor's name.
  public let name: String
  public let kind: ConfigurationKind
  public let fields: [Field]
  /// What the entries of its list part are; nil if it has none.
  public let entries: FieldType?
  /// Fields that may be given by place: `tel.schedule.warmup(1000, inner)`.
  public let positional: [String]
  /// Whether changes are possible after first use: what was made of it is then made anew.
  public let staysOpen: Bool
  /// `configuration:name(…)`.
  public var methods: [String: Method] = [:]
  /// `configuration(…)`.
  public var call: Method?
  /// `configuration[key]` where the key is neither a method nor a field; nil says that there is no such thing.
  public var member: ((Configuration, LuaValue) throws -> LuaValue?)?
  /// `#configuration`, where that isn't the length of its list part.
  public var length: ((Configuration) throws -> Int)?
  /// What the constructor checks beyond keys and types.
  public var check: ((Configuration) throws -> Void)?
  /// What a configuration becomes when it is used; what that is, its kind says.
  public var build: ((Configuration) throws -> Any)?

  public init(
    _ name: String, _ kind: ConfigurationKind, _ fields: [Field], entries: FieldType? = nil, positional: [String] = [],
    staysOpen: Bool = false
  ) {
    (self.name, self.kind, self.fields, self.entries) = (name, kind, fields, entries)
    (self.positional, self.staysOpen) = (positional, staysOpen)
  }

  public func field(_ name: String) -> Field? { fields.first { $0.name == name } }

  /// The names of its fields and methods.
  var memberNames: [String] { fields.map(\.name) + methods.keys.sorted() }
}
