import Networks
import Tensors

/// What can go wrong with the weights that a recipe's network starts from.
enum ModelError: ExplainedError {
  /// The file isn't there.
  case noPretrained(path: String, tried: [String], site: SourceSite?)
  /// Weights of another backbone.
  case otherBackbone(file: String, NetworkError)

  var explanation: Explanation {
    switch self {
    case .noPretrained(let path, let tried, let site):
      Explanation(
        "the pretrained weights \(path) are not there", place: site?.text,
        expected: "the file \(tried.joined(separator: " or "))",
        advice: "put it there, or train from scratch with --set model.pretrained=none")
    case .otherBackbone(let file, let error):
      Explanation(
        error.explanation.what, place: file,
        expected:
          "weights of this backbone from ImageNet (a ResNet with three 3×3 convolutions at its start, or HRNet), "
          + "or of a whole network of this kind")
    }
  }
}
