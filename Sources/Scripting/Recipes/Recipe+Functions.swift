import Autograd
import Datasets
import Networks
import Storage
import Tensors
import Training

/// The functions of a recipe, as the trainer calls them: on the interpreter's thread.
extension Recipe {
  /// `function(out, batch, recipe) -> loss, {named parts}`.
  func luaLoss(_ function: LuaFunction) -> LossFunction {
    { [configuration] output, batch, context in
      try unseenInDryRuns {
        let results = try function.call(OutputTable(output), BatchTable(batch), configuration)
        let site = function.definition
        guard case .object(let object)? = results.first, let total = object as? Variable else {
          throw ScriptError.result(
            function: "the loss", found: results.first?.shown ?? "nothing", expected: "a tensor with a single number",
            site: site)
        }
        guard results.count > 1, !results[1].isNil else { return LossValue(total: total) }
        guard case .table(let parts) = results[1] else {
          throw ScriptError.result(
            function: "the loss", found: "\(results[1].shown) as its second result", expected: "a table of named parts",
            site: site)
        }
        return LossValue(total: total, parts: try parts.names.map { ($0, try part(parts[$0], named: $0, site)) })
      }
    }
  }

  private func part(_ value: LuaValue, named name: String, _ site: SourceSite?) throws -> Variable {
    switch value {
    case .integer(let number): return Variable(Tensor(scalar: Double(number)))
    case .number(let number): return Variable(Tensor(scalar: number))
    case .object(let object):
      if let part = object as? Variable { return part }
      fallthrough
    default:
      throw ScriptError.field(
        function: "the loss", path: name, found: value.shown, expected: "a number, or a tensor with a single one",
        site: site)
    }
  }

  /// Memory is predicted by a step that computes nothing; what the recipe remembers must not know of it.
  private func unseenInDryRuns<R>(_ body: () throws -> R) throws -> R {
    guard Kernel.isDry else { return try body() }
    let (random, state) = (try keptRandom.save(), try keptState.save())
    defer {
      try? keptRandom.restore(random)
      try? keptState.restore(state)
    }
    return try body()
  }

  /// The hooks that the recipe has; each is called with the run.
  func hooks() throws -> RunHooks {
    func hook(_ key: String) throws -> RunHooks.Hook? {
      guard let function: LuaFunction = try configuration.value(key) else { return nil }
      return { [configuration] trainer in try function.call(LuaRun(trainer, configuration)) }
    }
    let (state, onStart, onEnd) = (configuration.state, try hook("on_start"), try hook("on_end"))
    var hooks = RunHooks()
    hooks.onStart = { trainer in
      state.recipeRun = .running(trainer)
      try onStart?(trainer)
    }
    hooks.onStep = try hook("on_step")
    hooks.onValidate = try hook("on_validate")
    hooks.onSave = try hook("on_save")
    hooks.onEnd = { trainer in
      try onEnd?(trainer)
      state.recipeRun = .none
    }
    return hooks
  }

  /// `evaluate = function(out, batch, score)`, where `score(name, value)` counts towards the mean over images.
  func evaluation() throws -> EvaluationFunction? {
    guard let function: LuaFunction = try configuration.value("evaluate") else { return nil }
    let state = configuration.state
    return { output, batch, score in
      var scores: [(String, Double)] = []
      let collect = LuaFunction("score", in: state) { call in
        scores.append((try call.argument(1, "name"), try call.argument(2, "value")))
        return nil
      }
      try function.call(OutputTable(output), BatchTable(batch), collect)
      for (name, value) in scores { score(name, value) }
    }
  }

  /// The recipe's table `state`: plain values that are saved and given back.
  var keptState: Training.Kept<StoredValue> {
    let configuration = configuration
    return Kept(
      save: {
        let value = configuration["state"]
        guard let stored = value.stored() else {
          throw configuration.wrong(
            "state", expected: "numbers, strings, true, false, lists and tables of names, which can be saved")
        }
        return stored
      },
      restore: { stored in
        guard case .table(let table) = configuration["state"], case .table(let entries) = stored else { return }
        for key in table.keys { table.set(key, LuaValue.nil) }
        for (name, value) in entries { table.set(name, value) }
      })
  }

  /// The stream behind `math.random`.
  var keptRandom: Training.Kept<[String: UInt64]> {
    let state = configuration.state
    return Kept(
      save: { ["lua": state.random.state] },
      restore: { streams in if let stream = streams["lua"] { state.random = RandomStream(state: stream) } })
  }
}
