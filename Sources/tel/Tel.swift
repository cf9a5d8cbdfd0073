import ArgumentParser

@main
struct Tel: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "tel", version: "0.1.0")
}
