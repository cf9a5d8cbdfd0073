import Foundation
import TestSupport

/// Files that other programs wrote, kept under Tests/Files.
enum Files {
  static let folder = URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().path + "/Files"

  static func path(_ name: String) -> String { folder + "/" + name }
}
