import Autograd
import Storage
import Training

extension LuaState {
  /// `tel.recipe`: the whole truth of an experiment, checked key by key.
  func registerRecipes() {
    let schema = ConfigurationSchema(
      "tel.recipe", .recipe,
      [
        Field("name", .string), Field("iterations", .count), Field("batch", .count),
        Field("loss_groups", .count, default: 1), Field("accumulate", .count, default: 1),
        Field("storage", .choice(ActivationStorage.allCases.map(\.rawValue)), default: "float32"),
        Field("model", .configuration(.model)),
        Field("data", .record([Field("train", .configuration(.data)), Field("val", .configuration(.data))])),
        Field("loss", .either([.list(.configuration(.loss)), .function])),
        Field("optimizer", .configuration(.optimizer)),
        Field("schedule", .either([.configuration(.schedule), .function])),
        Field("clip_gradient_norm", .positive),
        Field("average", .record([Field("decay", .number(0...1))])),
        Field("validate_every", .count), Field("validate_at_start", .boolean, default: false),
        Field("save_every", .either([.count, .string]), default: "10min"), Field("keep", .count, default: 1),
        Field("milestone_every", .count), Field("log_every", .count, default: 50),
        Field(
          "test",
          .record([
            Field("protocol", .choice(["published", "sound"])),
            Field("scales", .list(.number(EvaluationViews.scaleRange))),
            Field("flip", .boolean), Field("window", .list(.count)), Field("probabilities", .boolean),
          ])),
        Field(
          "save_pseudo_labels",
          .record([
            Field("every", .count), Field("split", .choice(PseudoLabelSettings.Split.allCases.map(\.rawValue))),
            Field("top", .integer(1...16)),
          ])),
        Field("best", .either([.string, .function]), default: "miou"),
        Field("params", .table), Field("state", .table), Field("evaluate", .function), Field("on_start", .function),
        Field("on_step", .function), Field("on_validate", .function), Field("on_save", .function),
        Field("on_end", .function),
      ])
    register(
      schema,
      help: """
        {name=, iterations=, batch=, model=, data={train=, val=}, loss={…} or function(out, batch, recipe) -> loss, {parts},
        optimizer=, schedule=, …}: an experiment for tel run; also loss_groups, accumulate, clip_gradient_norm, average={decay=},
        storage="float32"|"bfloat16" (of what is kept for the backward pass: less memory, gradients less exact), validate_every, validate_at_start, save_every=iterations or "10min", keep=how many of the last checkpoints stay, milestone_every=iterations after which one stays for ever, log_every, best="miou"|name|function(metrics),
        evaluate=function(out, batch, score), test={protocol="published"|"sound" (whose rules validation and test follow: the published ones with their defects, or what data.val says), scales=, flip=, window={width, height}, probabilities=true (of all classes, as files)}, save_pseudo_labels={every=iterations, split="train"|"val", top=1} (of each pixel the likeliest classes after the tree filters, as files; tel run --phase pseudo), on_start, on_step, on_validate, on_save, on_end=function(run), params={}, state={}
        """)
  }
}
