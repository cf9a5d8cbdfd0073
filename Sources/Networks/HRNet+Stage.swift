import Autograd
import Tensors

extension HRNet {
  /// Modules that work on the same branches, after a transition that adds a branch of half the size.
  final class Stage: Module {
    /// Registered by the network, beside the stage.
    let transition = Module()
    private var entrances: [ConvNorm?] = []
    private var exchanges: [Exchange] = []

    /// - Parameters:
    ///   - before: channels of the branches so far.
    ///   - after: channels of the stage's branches, one more; those so far may change.
    init(from before: [Int], to after: [Int], modules: Int, blocks: Int) throws {
      super.init()
      for (branch, channels) in after.enumerated() {
        if branch >= before.count {
          let layer = try ConvNorm(inputs: before[before.count - 1], outputs: channels, kernel: 3, stride: 2)
          entrances.append(transition.add("\(branch).0", layer))
        } else if channels != before[branch] {
          let layer = try ConvNorm(inputs: before[branch], outputs: channels, kernel: 3)
          entrances.append(transition.add("\(branch)", layer))
        } else {
          entrances.append(nil)
        }
      }
      for index in 0..<modules {
        exchanges.append(add("\(index)", try Exchange(channels: after, blocks: blocks)))
      }
    }

    func callAsFunction(_ before: [Variable]) throws -> [Variable] {
      var branches = try entrances.enumerated().map { branch, entrance in
        let source = before[min(branch, before.count - 1)]
        return try entrance.map { try $0(source) } ?? source
      }
      for exchange in exchanges { branches = try exchange(branches) }
      return branches
    }
  }

  /// Basic blocks on each branch, and then every branch takes in all the others.
  final class Exchange: Module {
    private var branches: [[BasicBlock]] = []
    /// `paths[i][j]`: the layers from branch j to branch i.
    private var paths: [[[ConvNorm]]] = []

    init(channels: [Int], blocks: Int) throws {
      super.init()
      for (branch, width) in channels.enumerated() {
        branches.append(
          try (0..<blocks).map { add("branches.\(branch).\($0)", try BasicBlock(channels: width)) })
      }
      for i in channels.indices {
        paths.append(try channels.indices.map { j in try path(from: j, to: i, channels) })
      }
    }

    private func path(from j: Int, to i: Int, _ channels: [Int]) throws -> [ConvNorm] {
      let name = "fuse_layers.\(i).\(j)"
      if j > i {
        return [add(name, try ConvNorm(inputs: channels[j], outputs: channels[i], kernel: 1, relu: false))]
      }
      return try (0..<i - j).map { step in
        let isLast = step == i - j - 1
        return add(
          "\(name).\(step)",
          try ConvNorm(
            inputs: channels[j], outputs: isLast ? channels[i] : channels[j], kernel: 3, stride: 2, relu: !isLast))
      }
    }

    func callAsFunction(_ inputs: [Variable]) throws -> [Variable] {
      let own = try zip(inputs, branches).map { input, blocks in try blocks.reduce(input) { try $1($0) } }
      return try own.indices.map { i in
        let terms = try own.indices.map { j in
          let term = try paths[i][j].reduce(own[j]) { try $1($0) }
          return j > i ? try term.resized(like: own[i]) : term
        }
        return try Variable.sum(terms, relu: true)
      }
    }
  }
}
