import Datasets
import Storage

/// Names of classes beside their colours.
public enum ClassLegend {
  /// Rows of those classes, as many in each as fit.
  /// - Parameter shown: which ids; nil for all.
  public static func drawing(_ classes: ClassList, shown: Set<Int>? = nil, width: Double) -> Drawing {
    var entries: [(x: Double, row: Int, id: Int)] = []
    var (x, row) = (0.0, 0)
    for id in 0..<classes.count where shown?.contains(id) != false {
      let needed = 34 + Drawing.width(of: classes.names[id], size: 12)
      if x > 0, x + needed > width { (x, row) = (0, row + 1) }
      entries.append((x, row, id))
      x += needed
    }
    let rowHeight = 19.0
    var drawing = Drawing(width: width, height: Double(row + 1) * rowHeight, title: "classes")
    for entry in entries {
      let y = Double(entry.row) * rowHeight
      // A grey frame lets white and pale colours be seen.
      drawing.rectangle(x: entry.x, y: y + 2, width: 14, height: 14, .faint)
      drawing.rectangle(x: entry.x + 1, y: y + 3, width: 12, height: 12, classes.palette[entry.id])
      drawing.text(classes.names[entry.id], at: Point(entry.x + 20, y + 13))
    }
    return drawing
  }
}
