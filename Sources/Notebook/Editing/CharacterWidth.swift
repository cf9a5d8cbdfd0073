import CTerminal

extension Character {
  /// How many columns of a terminal the character takes, and what is written for it: control characters show as `^A`, so
  /// that nothing that is pasted moves the cursor.
  var cell: (text: String, width: Int) {
    guard let scalar = unicodeScalars.first else { return ("", 0) }
    if self == "\t" { return ("    ", 4) }
    if scalar.value < 0x20 { return ("^\(Unicode.Scalar(UInt8(scalar.value) + 0x40))", 2) }
    if scalar.value == 0x7f { return ("^?", 2) }
    if scalar.value < 0x7f { return (unicodeScalars.count == 1 ? String(self) : String(Character(scalar)), 1) }
    if unicodeScalars.contains(where: {
      [.control, .format].contains($0.properties.generalCategory) && $0 != "\u{200d}"
    }) {
      return ("\u{fffd}", 1)
    }
    let width = Int(terminal_columns(scalar.value))
    if width < 0 { return ("\u{fffd}", 1) }
    // A mark without a letter is shown on a circle.
    if width == 0 { return ("\u{25cc}" + String(self), 1) }
    // Signs that are drawn as pictures are wide.
    return (String(self), unicodeScalars.contains("\u{fe0f}") ? 2 : width)
  }
}
