import Training

extension LuaState {
  /// `tel.schedule.…`: configurations that become a `Schedule`, and can be called: `schedule(iteration, total) -> factor`.
  func registerSchedules() {
    add(
      "poly", [Field("power", .positive, default: 0.9)],
      help: "{power=0.9} -> factor (1 - iteration / total) ^ power: the published policy"
    ) { .poly(power: try $0.required("power")) }
    add("constant", [], help: "() -> factor 1") { _ in .constant }
    add(
      "step", [Field("every", .count), Field("factor", .nonnegative, default: 0.1)],
      help: "{every=, factor=0.1} -> multiplied by factor every so many iterations"
    ) { .step(every: try $0.required("every"), factor: try $0.required("factor")) }
    add(
      "cosine", [Field("minimum", .nonnegative, default: 0)],
      help: "{minimum=0} -> half a cosine from 1 down to minimum"
    ) {
      .cosine(minimum: try $0.required("minimum"))
    }
    add(
      "warmup",
      [Field("iterations", .count), Field("inner", .either([.configuration(.schedule), .function]))],
      positional: ["iterations", "inner"],
      help: "(iterations, inner) -> inner, its factor growing to its full value over the first iterations"
    ) { .warmup(try $0.required("iterations"), try Schedule(try $0.required("inner"))) }
  }

  private func add(
    _ name: String, _ fields: [Field], positional: [String] = [], help: String,
    build: @escaping (Configuration) throws -> Schedule
  ) {
    let schema = ConfigurationSchema("tel.schedule." + name, .schedule, fields, positional: positional, staysOpen: true)
    schema.build = build
    schema.call = { configuration, call in
      try build(configuration).factor(
        iteration: try call.argument(1, "iteration"), total: try call.argument(2, "total"))
    }
    register(schema, help: help)
  }
}

extension Schedule {
  /// A schedule of a recipe: a configuration, or a pure function(iteration, total) -> factor.
  init(_ value: LuaValue) throws {
    switch value {
    case .object(let object as Configuration) where object.schema.kind == .schedule: self = try object.build()
    case .function(let function):
      self.init("function at \(function.definition?.text ?? "?")") { iteration, total in
        try function.call(iteration, total, as: Double.self, name: "the schedule")
      }
    default: preconditionFailure("a schedule is a configuration or a function")
    }
  }
}
