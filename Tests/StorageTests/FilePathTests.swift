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

  @Test func theFolderOfAPathIsWhatFoundationSays() {
    // Foundation ends the process with others.
    for path in Self.paths where path.count > 2 && !path.contains("//") {
      #expect(path.parentFolder == (path as NSString).deletingLastPathComponent, "\(path)")
    }
  }

  @Test func shortPathsAndSlashes() {
    for path in ["", "a", ".", "é", "a/", "./", "a//"] { #expect(path.parentFolder == "", "\(path)") }
    for path in ["/", "//", "///", "/a", "//a", "/a/", "//a//"] { #expect(path.parentFolder == "/", "\(path)") }
    #expect("a//b//".parentFolder == "a" && "//a//b".parentFolder == "//a")
  }

  @Test func aSlashIsOneWhateverFollows() {
    #expect("a/\u{301}b".parentFolder == "a")
    #expect("a/b/\u{301}".parentFolder == "a/b")
  }
}
