import Training

/// How far the run of a recipe is.
enum RecipeRun {
  case none
  /// Memory and time are being predicted; nothing is recorded.
  case preparing
  case running(Trainer)
}

/// What hooks get: the run as it stands.
final class LuaRun: LuaObject {
  static let luaClass = LuaClass("run")
  let trainer: Trainer
  let recipe: Configuration

  init(_ trainer: Trainer, _ recipe: Configuration) { (self.trainer, self.recipe) = (trainer, recipe) }

  static let fields = ["iteration", "total", "net", "batch", "out", "loss", "metrics", "name", "folder", "recipe"]

  /// A field by name: nil where there is none now.
  func field(_ name: String) -> (any LuaWritable)? {
    switch name {
    case "iteration": trainer.iteration
    case "total": trainer.total
    case "net": recipe["model"]
    case "batch": trainer.batch.map(BatchTable.init)
    case "out": trainer.output.map(OutputTable.init)
    case "loss": trainer.loss
    case "metrics": trainer.validation?.values
    case "name": trainer.folder.name
    case "folder": trainer.folder.path
    default: recipe
    }
  }
}

extension LuaState {
  func registerRuns() {
    register("tel.log", help: "(name, value): a number for the metrics and the progress line of the run under way") {
      call in
      let (name, value): (String, Double) = (try call.argument(1, "name"), try call.argument(2, "value"))
      switch call.state.recipeRun {
      case .none:
        throw ScriptError.refused(
          function: "tel.log", what: "no run is under way", advice: "print it, or call this from a recipe's functions",
          site: call.site)
      case .preparing: break
      case .running(let trainer): trainer.log(name, value)
      }
      return nil
    }
    register(LuaRun.self) { methods in
      methods.addIndex { run, call in
        let key: LuaValue = try call.argument(1)
        guard case .string(let name) = key, LuaRun.fields.contains(name) else {
          throw ScriptError.noMember(
            of: "run", key: key.shown, known: LuaRun.fields + ["log", "stop", "save"], site: call.site)
        }
        return run.field(name)
      }
      methods.add("log", help: "(name, value): a number for the metrics and the progress line") { run, call in
        run.trainer.log(try call.argument(1, "name"), try call.argument(2, "value"))
        return nil
      }
      methods.add("stop", help: "(reason): ends the run after this step, with a checkpoint") { run, call in
        run.trainer.stop(reason: try call.optional(1, "reason") ?? "the recipe asked for it")
        return nil
      }
      methods.add("save", help: "(): writes a checkpoint now") { run, _ in
        try run.trainer.save(waiting: true)
        return nil
      }
    }
  }
}
