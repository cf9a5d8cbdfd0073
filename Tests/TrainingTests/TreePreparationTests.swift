import Autograd
import Datasets
import Networks
import Tensors
import Testing
import Training
import TreeFilter

@Suite(.serialized) struct TreePreparationTests {
  /// The trees that a loader makes from a batch are the ones that the step asks for, for sides that 4 divides or not.
  @Test(arguments: [(16, 24), (17, 22)]) func theStepFindsThem(height: Int, width: Int) throws {
    let shape = [2, 3, height, width]
    var random = RandomStream(seed: 1, purpose: "preparation", index: height)
    let guide = Tensor((0..<shape.reduce(1, *)).map { _ in Float(random.integer(in: 0...255)) / 255 }, shape: shape)
    let batch = Batch(
      image: guide, guide: guide, labels: Tensor(filling: [2, height, width], with: -1, .int32), names: ["a", "b"])
    let before = TreeMemo.shared.usage
    try LossTerm.treePreparation(batch)
    let prepared = TreeMemo.shared.usage
    #expect(prepared.misses == before.misses + 2)
    let coarse = Variable(Tensor(zeros: [2, 5, (height + 3) / 4, (width + 3) / 4]))
    let term = try LossTerm.treeEnergy(TreeEnergyLoss(sigma: 0.02, levels: [.low]))
    _ = try term.value(NetworkOutput(logits: coarse, coarse: coarse), batch, LossContext(iteration: 0, total: 1))
    #expect(TreeMemo.shared.usage.hits == prepared.hits + 2)
    #expect(TreeMemo.shared.usage.misses == prepared.misses)
  }
}
