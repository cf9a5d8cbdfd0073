/// Sizes as people write them: 812 bytes, 4.5 kB, 264 MB.
public enum ByteText {
  /// Decimal units, a digit behind the point where there is only one before it.
  public static func of(_ bytes: Int) -> String {
    if bytes < 1000 { return "\(bytes) bytes" }
    var (value, unit) = (Double(bytes) / 1000, 0)
    let units = ["kB", "MB", "GB"]
    // What rounding would make 1000 of a unit is one of the next.
    while value >= 999.5 && unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    let tenths = Int((value * 10).rounded())
    return (tenths < 100 ? "\(tenths / 10).\(tenths % 10)" : "\(Int(value.rounded()))") + " " + units[unit]
  }
}
