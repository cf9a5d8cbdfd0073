import Networks
import Storage
import Tensors

/// What ends a run before its last iteration, apart from the user.
public enum RunError: ExplainedError {
  case folder(path: String, reason: String)
  case nothingToResume(path: String)
  /// The recipe, its arguments, its data or the seed are no longer what the run began with.
  case recipeChanged(checkpoint: String, changes: [String])
  /// The latest checkpoint can't be read; `others` are whole.
  case damagedCheckpoint(Explanation, others: [String])
  /// The files of a state were not written; what was saved before is safe.
  case notSaved(iteration: Int, error: Explanation, checkpoint: String, saved: Int?)
  /// The loss became NaN or infinite; nothing of that step reached the weights.
  case lossNotFinite(iteration: Int, loss: Double, parts: [String], learningRate: Double, images: [String])
  /// A weight or a momentum became NaN or infinite, so that no checkpoint was written.
  case weightsNotFinite(iteration: Int, name: String, checkpoint: String)
  /// A loss function's result isn't a single number.
  case lossShape([Int])
  /// The user asked twice to stop, so that the step under way was not finished.
  case stepAborted(iteration: Int, checkpoint: String)
  case doesNotFit(needed: Int, available: Int, advice: String)
  /// An image that the network can't be shown as wanted.
  case imageTooLarge(name: String? = nil, width: Int, height: Int, needed: Int, available: Int, advice: String)
  /// A network that is out of order.
  case noNumbers
  case noValidationData
  /// A checkpoint that doesn't fit the recipe's network.
  case otherNetwork(file: String, NetworkError)
  case stored(file: String, problem: String)

  public var explanation: Explanation {
    switch self {
    case .folder(let path, let reason):
      Explanation("the folder can't be made: \(reason)", place: path)
    case .nothingToResume(let path):
      Explanation(
        "there is no run to resume", place: path, expected: "the checkpoint of an earlier run of this name",
        advice: "leave out --resume to start a run, or --set name=… to say which one to resume")
    case .recipeChanged(let checkpoint, let changes):
      Explanation(
        "this run was begun with another recipe:\n" + changes.map { "    \($0)" }.joined(separator: "\n"),
        place: checkpoint, expected: "the recipe, --set options, seed and data that the run began with",
        advice: "--accept-changes continues with what is different; without --resume another run begins")
    case .damagedCheckpoint(let damage, let others):
      Explanation(
        damage.what, place: damage.place, expected: damage.expected,
        advice: others.isEmpty
          ? "no other checkpoint of this run is whole; begin again, or bring back a copy of this file"
          : "copy one that is whole over it, and resume from there: " + others.joined(separator: ", "))
    case .notSaved(let iteration, let error, let checkpoint, let saved):
      Explanation(
        "iteration \(iteration) was not saved: " + (error.place.map { "\($0): " } ?? "") + error.what,
        place: checkpoint,
        expected: saved.map { "this file still holds iteration \($0)" } ?? "nothing of this run was saved before",
        advice: error.advice ?? "look at the folder and the disk; the next save tries again")
    case .lossNotFinite(let iteration, let loss, let parts, let rate, let images):
      Explanation(
        "the loss became \(loss) in iteration \(iteration) (learning rate \(rate)"
          + (parts.isEmpty ? "" : "; " + parts.joined(separator: ", ")) + ")",
        place: "images \(images.joined(separator: ", "))",
        expected: "a finite number; the weights are as before this step",
        advice: "a lower learning rate, a warm-up, or clip_gradient_norm; look at these images' labels")
    case .weightsNotFinite(let iteration, let name, let checkpoint):
      Explanation(
        "'\(name)' is no longer finite after iteration \(iteration), so no checkpoint was written", place: checkpoint,
        expected: "finite weights; this file still holds the last good ones",
        advice: "a lower learning rate, a warm-up, or clip_gradient_norm")
    case .lossShape(let shape):
      Explanation("the loss has the shape \(shape)", expected: "a single number")
    case .stepAborted(let iteration, let checkpoint):
      Explanation(
        "iteration \(iteration) was not finished", place: checkpoint, expected: "this file holds the last saved state",
        advice: "continue from there with --resume")
    case .doesNotFit(let needed, let available, let advice):
      Explanation(
        "the run needs about \(ByteText.of(needed)) of memory, and \(ByteText.of(available)) are available",
        advice: advice)
    case .imageTooLarge(let name, let width, let height, let needed, let available, let advice):
      Explanation(
        "an image of \(width)×\(height) needs about \(ByteText.of(needed)) of memory, and "
          + "\(ByteText.of(available)) are available", place: name, advice: advice)
    case .noNumbers:
      Explanation(
        "the network gives no numbers (NaN), which say nothing about any class",
        expected: "weights that are numbers, and images for which the network doesn't overflow",
        advice: "take a checkpoint from before the training went wrong, or import the weights again")
    case .noValidationData:
      Explanation("there is no validation data", expected: "data.val in the recipe")
    case .otherNetwork(let file, let error):
      Explanation(
        error.explanation.what, place: file, expected: error.explanation.expected, advice: error.explanation.advice)
    case .stored(let file, let problem):
      Explanation(problem, place: file)
    }
  }
}
