import Foundation
import Testing

@Suite(.serialized) struct Help {
  @Test func everythingHasHelpAndEveryExampleHolds() throws {
    try withFolder { folder in
      let run = try Command.run(["help", "--check"], in: folder)
      #expect(run.status == 0, "\(run.output)\(run.errors)")
    }
  }

  @Test func thePageOfTheRepositoryIsUpToDate() throws {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: repository.appendingPathComponent("recipes/REFERENCE.md"), encoding: .utf8)
    let run = try Command.run(["help", "--markdown"])
    #expect(run.output == page, "make it anew: tel help --markdown > recipes/REFERENCE.md")
  }

  @Test func functionsAndCommandsAreExplained() throws {
    let function = try Command.run(["help", "tel.tree.filter"])
    #expect(function.status == 0 && function.output.contains("embedding [N, E, H, W]"))
    #expect(try Command.run(["help", "string.rep"]).output.contains("s n times"))
    #expect(try Command.run(["help", "data", "check"]).output.contains("USAGE: tel data check"))
    #expect(try Command.run(["help"]).output.contains("SUBCOMMANDS"))
    let unknown = try Command.run(["help", "tel.tree.fliter"])
    #expect(unknown.status == 1 && unknown.errors.contains("did you mean tel.tree.filter?"))
  }
}
