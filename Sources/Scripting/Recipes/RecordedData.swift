import Datasets
import Storage

extension LuaState {
  /// Constructors of data that values alone describe; others have functions in them.
  private static let openable = ["cityscapes", "ade20k", "voc2012", "folder", "scenes"]

  /// The data set that recorded values describe, say `data.val` of `RecipeRecord.resolved`. Values are data: no code of the recipe
  /// is run.
  /// - Returns: nil where values don't describe it (`tel.data.custom`, `tel.data.mix`).
  /// - Throws: what opening throws: `DatasetError`, `FileError`, `ScriptError` for values of another kind.
  public func dataset(recorded: StoredValue?) throws -> (any Dataset)? {
    guard case .table(var fields)? = recorded, case .string(let constructor)? = fields["constructor"],
      let name = Self.openable.first(where: { constructor == "tel.data." + $0 }),
      case .table(let tel) = get("tel"), case .table(let data) = tel["data"], case .function(let make) = data[name]
    else { return nil }
    for key in ["constructor", "augment"] { fields[key] = nil }
    guard case .object(let object as Configuration)? = try make.call(StoredValue.table(fields)).first else {
      return nil
    }
    return try object.dataset()
  }
}
