import Foundation
import Storage
import Testing

struct FilePathTests {
  /// All paths of up to six of these letters.
  private static var paths: [String] {
    var (all, last) = ([""], [""])
    for _ in 0..<6 {
      last = last.flatMap { path in ["a", "/", ".", "é"].map { path + $0 } }
      all += last
    }
    return all
  }

  @Test func pathsHaveThePartsThatFoundationSays() {
    // Foundation ends the process with others.
    for path in Self.paths where path.count > 2 && !path.contains("//") {
      let other = path as NSString
      #expect(path.parentFolder == other.deletingLastPathComponent, "\(path)")
      #expect(path.fileName == other.lastPathComponent, "\(path)")
      #expect(path.fileExtension == other.pathExtension, "\(path)")
      #expect(path.withoutExtension == other.deletingPathExtension, "\(path)")
    }
  }

  @Test func shortPathsAndSlashes() {
    for path in ["", "a", ".", "é", "a/", "./", "a//"] { #expect(path.parentFolder == "", "\(path)") }
    for path in ["/", "//", "///", "/a", "//a", "/a/", "//a//"] { #expect(path.parentFolder == "/", "\(path)") }
    #expect("a//b//".parentFolder == "a" && "//a//b".parentFolder == "//a")
    for path in ["photos//é.png", "é.png", "//é.png", "photos//é.png//"] {
      #expect(path.fileName == "é.png" && path.fileExtension == "png", "\(path)")
      #expect(path.withoutExtension.fileName == "é", "\(path)")
    }
    #expect("/".fileName == "/" && "".fileName == "" && ".".fileName == ".")
    #expect(".png".fileExtension == "" && "a.".fileExtension == "" && "a.b/c".fileExtension == "")
    #expect("/".withoutExtension == "/" && "".withoutExtension == "" && "a.b/".withoutExtension == "a")
  }

  @Test func aSlashIsOneWhateverFollows() {
    #expect("a/\u{301}b".parentFolder == "a")
    #expect("a/b/\u{301}".parentFolder == "a/b")
  }
}
