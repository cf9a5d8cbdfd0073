import Storage

extension Image8 {
  /// Shrunk to this width in its proportions, every pixel the mean of those it covers; as it is, if it is no wider.
  public func shrunk(toWidth target: Int) -> Image8 {
    guard target < width else { return self }
    var result = Image8(width: target, height: max(1, (height * target + width / 2) / width), channels: channels)
    for y in 0..<result.height {
      let rows = y * height / result.height..<max(y * height / result.height + 1, (y + 1) * height / result.height)
      for x in 0..<target {
        let columns = x * width / target..<max(x * width / target + 1, (x + 1) * width / target)
        for channel in 0..<channels {
          var sum = 0
          for row in rows { for column in columns { sum += Int(self[column, row, channel]) } }
          let count = rows.count * columns.count
          result[x, y, channel] = UInt8((sum + count / 2) / count)
        }
      }
    }
    return result
  }
}
