import Datasets
import Foundation
import Storage
import TestSupport
import Testing

@Suite struct ImageFilesTests {
  private func touch(_ folder: TemporaryFolder, _ names: String...) throws {
    for name in names {
      let path = folder.file(name)
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try AtomicFile.write("x", to: path)
    }
  }

  @Test func allImagesBelowAFolderAreFoundInOrder() throws {
    let folder = try TemporaryFolder()
    try touch(
      folder, "b.png", "a/2.JPG", "a/1.jpeg", "notes.txt", ".hidden.png", ".git/x.png", "c.tar.png", "label/b.png")
    let found = try ImageFiles.find(folder.path, except: [folder.file("label")])
    #expect(found.map(\.name) == ["a/1", "a/2", "b", "c.tar"])
    #expect(found[0].path == folder.file("a/1.jpeg"))
  }

  @Test func namesStayDifferent() throws {
    let folder = try TemporaryFolder()
    try touch(folder, "a.jpg", "a.png", "b/a.png")
    #expect(try ImageFiles.find(folder.path).map(\.name) == ["a", "a.png", "b/a"])
  }

  @Test func linksAreFollowedOnce() throws {
    let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
    try touch(folder, "a.png")
    try touch(other, "b.png")
    let files = FileManager.default
    try files.createSymbolicLink(atPath: folder.file("other"), withDestinationPath: other.path)
    try files.createSymbolicLink(atPath: other.file("back"), withDestinationPath: folder.path)
    #expect(try ImageFiles.find(folder.path).map(\.name) == ["a", "other/b"])
    try files.createSymbolicLink(atPath: folder.file("itself"), withDestinationPath: folder.path)
    #expect(try ImageFiles.find(folder.file("itself")).map(\.name) == ["a", "other/b"])
  }

  @Test func aFileIsTakenWhateverItIsCalled() throws {
    let folder = try TemporaryFolder()
    try touch(folder, "photo.v2.image")
    let path = folder.file("photo.v2.image")
    #expect(try ImageFiles.find(path) == [ImageFiles.Entry(name: "photo.v2", path: path)])
  }

  @Test func nothingToSeeIsAnError() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.missing(path: folder.file("x"))) { try ImageFiles.find(folder.file("x")) }
    let error = #expect(throws: DatasetError.self) { try ImageFiles.find(folder.path) }
    #expect(error?.description.contains(".jpeg") == true)
  }
}
