import Training

extension LuaState {
  /// `tel.optim.…`: configurations that become `OptimizerSettings`.
  func registerOptimizers() {
    let groups = Field(
      "groups",
      .list(.record([Field("match", .string), Field("lr", .nonnegative), Field("weight_decay", .nonnegative)])))
    let sgd = SGD.Settings(learningRate: 0)
    let schema = ConfigurationSchema(
      "tel.optim.sgd", .optimizer,
      [
        Field("lr", .nonnegative), Field("momentum", .number(0...1), default: .number(sgd.momentum)),
        Field("weight_decay", .nonnegative, default: .number(sgd.weightDecay)),
        Field("nesterov", .boolean, default: .boolean(sgd.nesterov)), groups,
      ])
    schema.build = { configuration in
      OptimizerSettings.sgd(
        SGD.Settings(
          learningRate: try configuration.required("lr"), momentum: try configuration.required("momentum"),
          weightDecay: try configuration.required("weight_decay"), nesterov: try configuration.required("nesterov"),
          rules: try configuration.parameterRules()))
    }
    register(
      schema,
      help: """
        {lr=, momentum=0, weight_decay=0, nesterov=false, groups=} -> stochastic gradient descent; groups as in
        {{match="^backbone%.", lr=1}, {match=".", lr=10}}: lr is a factor, the first match wins, all parameters must match
        """)

    let adamW = AdamW.Settings(learningRate: 0)
    let adamWSchema = ConfigurationSchema(
      "tel.optim.adamw", .optimizer,
      [
        Field("lr", .nonnegative),
        Field("betas", .list(.number(0...1)), default: .list([.number(adamW.betas.0), .number(adamW.betas.1)])),
        Field("epsilon", .positive, default: .number(adamW.epsilon)),
        Field("weight_decay", .nonnegative, default: .number(adamW.weightDecay)), groups,
      ])
    adamWSchema.build = { configuration in
      let betas: [Double] = try configuration.required("betas")
      guard betas.count == 2 else { throw configuration.wrong("betas", expected: "two numbers") }
      return OptimizerSettings.adamW(
        AdamW.Settings(
          learningRate: try configuration.required("lr"), betas: (betas[0], betas[1]),
          epsilon: try configuration.required("epsilon"), weightDecay: try configuration.required("weight_decay"),
          rules: try configuration.parameterRules()))
    }
    register(
      adamWSchema,
      help: "{lr=, betas={0.9, 0.999}, epsilon=1e-8, weight_decay=0.01, groups=} -> Adam with decoupled decay")
  }
}

extension Configuration {
  /// The rules of `groups`; their patterns are Lua's.
  fileprivate func parameterRules() throws -> [ParameterRule] {
    guard let groups: [LuaTable] = try value("groups") else { return [.all] }
    return try groups.enumerated().map { index, group in
      guard let pattern: String = group.value("match") else {
        throw wrong("groups", "[\(index + 1)]", expected: "a group with match = \"…\", a Lua pattern")
      }
      let matches = state.matcher(pattern)
      // A pattern that can't be understood is found here, not at the first parameter.
      _ = try matches("")
      return ParameterRule(
        pattern: pattern, learningRate: group.value("lr") ?? 1, weightDecay: group.value("weight_decay"),
        matches: matches)
    }
  }
}

extension LuaState {
  /// Whether a Lua pattern is found in a text.
  func matcher(_ pattern: String) -> (String) throws -> Bool {
    { [self] text in
      guard case .function(let find) = get("string.find") else { return false }
      return try !(find.call(text, pattern).first?.isNil ?? true)
    }
  }
}
