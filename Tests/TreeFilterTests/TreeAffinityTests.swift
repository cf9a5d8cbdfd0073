import Autograd
import Foundation
import Tensors
import TestSupport
import Testing
import TreeFilter

@Suite struct TreeAffinityTests {
  @Test(arguments: [nil, 0.5]) func onAChainItIsTheProductOfTheSteps(_ sigma: Double?) throws {
    let values: [Float] = [0, 0.5, 0.25, 1, 1]
    let guide = Tensor(values, shape: [1, 1, 1, 5])
    let tree = try MinimumSpanningTree.build(guide: guide)
    let affinity = try treeAffinity(of: 2, embedding: guide, tree: tree, sigma: sigma)
    for target in 0..<5 {
      let steps = (min(2, target)..<max(2, target)).reduce(0.0) {
        $0 + pow(Double(values[$1 + 1] - values[$1]), 2)
      }
      #expect(abs(affinity[target] - exp(-steps / (sigma ?? 1))) < 1e-12)
    }
  }

  @Test func itIsWhatTheFilterWeighsBy() throws {
    let (height, width) = (5, 7)
    let embedding = Generator.uniform("embedding", [1, 3, height, width], 0, 1)
    let x = Generator.uniform("x", [1, 1, height, width], -1, 1)
    let tree = try MinimumSpanningTree.build(guide: embedding)
    let filtered = try treeFilter(Variable(x), embedding: Variable(embedding), tree: tree, sigma: 0.1).value
      .array(of: Double.self)
    let values = x.array(of: Double.self)
    for vertex in [0, 17, 34] {
      let affinity = try treeAffinity(of: vertex, embedding: embedding, tree: tree, sigma: 0.1)
      #expect(affinity[vertex] == 1 && affinity.allSatisfy { (0...1).contains($0) })
      let mean = zip(affinity, values).reduce(0) { $0 + $1.0 * $1.1 } / affinity.reduce(0, +)
      #expect(abs(mean - filtered[vertex]) < 1e-5)
    }
  }
}
