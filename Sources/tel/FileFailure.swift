import Tensors

/// An image file that can't be used, and why.
struct FileFailure: ExplainedError {
  let path: String
  let error: any Error

  var explanation: Explanation {
    guard var explanation = (error as? any ExplainedError)?.explanation else {
      return Explanation("\(error)", place: path)
    }
    explanation.place = explanation.place ?? path
    return explanation
  }
}
