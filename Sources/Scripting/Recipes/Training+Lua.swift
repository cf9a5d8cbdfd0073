import Foundation
import Tensors
import Training

extension LuaState {
  /// `tel.train`: a recipe run from a script, as `tel run` would run it.
  func registerTraining() {
    register(
      "tel.train",
      help: """
        (recipe, {out="."}) -> the last validation's {miou=, pixel_accuracy=, …} with name= and folder= of the run: trains the
        recipe to its end; its model then holds the trained weights
        """
    ) { call in
      let configuration: Configuration = try call.argument(1, "recipe")
      let options = try call.options(2, known: ["out"])
      guard case .none = call.state.recipeRun else {
        throw ScriptError.refused(
          function: "tel.train", what: "a run is under way already", advice: "call it from a script, not from a recipe",
          site: call.site)
      }
      guard
        let recipe = try Recipe(
          [.object(configuration)], file: "recipe", changes: [], arguments: [], in: call.state)
      else { throw call.wrong(1, "recipe", expected: "what tel.recipe{…} returns") }
      let out = try call.state.writePolicy.resolve(options.value("out") ?? call.state.outputFolder)
      defer { call.state.recipeRun = .none }
      let experiment = try recipe.experiment()
      call.state.watch(experiment)
      let trainer = try Trainer(experiment, RunOptions(out: out), console: call.state.console)
      if try trainer.run() == .interrupted { throw Interrupted() }
      let result = LuaTable(in: call.state)
      for (name, value) in trainer.validation?.values ?? [:] { result.set(name, value) }
      result.set("name", trainer.folder.name)
      result.set("folder", trainer.folder.path)
      return result
    }
  }
  /// Lets `onTraining` know how it goes.
  private func watch(_ experiment: Experiment) {
    guard let onTraining else { return }
    let (onStep, onEnd) = (experiment.hooks.onStep, experiment.hooks.onEnd)
    experiment.hooks.onStep = { trainer in
      try onStep?(trainer)
      try onTraining(trainer, false)
    }
    experiment.hooks.onEnd = { trainer in
      try onEnd?(trainer)
      try onTraining(trainer, true)
    }
  }
}
