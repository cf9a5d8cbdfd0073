import Foundation
import Storage
import TestSupport
import Testing

/// PASCAL VOC from the folder to predictions, on the miniature.
@Suite(.serialized) struct VOCTests {
  private func recipe(_ annotation: String) -> String {
    """
    local function voc(options)
      options.root = "voc2012"
      return tel.data.voc2012(options)
    end
    return tel.recipe{
      name = "voc", iterations = 2, batch = 2,
      model = tel.models.hrnet{classes = 21, width = 4, modules = {1, 1}, blocks = 1, bottlenecks = 1, stem = 8, embedding = 8},
      data = {
        train = voc{
          split = "train", annotation = "\(annotation)",
          augment = {
            tel.augment.flip{p = 0.5}, tel.augment.scale{scale = {0.5, 2}, aspect = {0.9, 1.1}},
            tel.augment.crop{width = 32, height = 32}, tel.augment.brightness{shift = 10},
          },
        },
        val = voc{split = "val", resize = {32, 32}},
      },
      loss = {tel.loss.cross_entropy{ignore = -1}, tel.loss.tree_energy{sigma = 0.002, weight = 0.4}},
      optimizer = tel.optim.sgd{lr = 0.01, momentum = 0.9, weight_decay = 1e-4},
    }
    """
  }

  @Test func everyAnnotationTrainsAndItsCheckpointPredictsInColour() throws {
    let miniature = URL(fileURLWithPath: Golden.folder).deletingLastPathComponent().appendingPathComponent("Files/voc")
    try withFolder { folder in
      let data = folder.appendingPathComponent("data")
      try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: miniature, to: data.appendingPathComponent("voc2012"))
      for annotation in ["scribble", "point", "mask"] {
        let run = try Command.train(recipe(annotation), "--data-root", "data", "--out", annotation, in: folder)
        #expect(run.status == 0 && run.output.contains("mIoU"), "\(run.output)\(run.errors)")
      }
      let images = data.appendingPathComponent("voc2012/VOC/VOCdevkit/VOC2012/JPEGImages").path
      let run = try Command.run(
        ["predict", "scribble/runs/voc/checkpoints/latest.h5", images, "--out", "out"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let labels = try ImageFile.readLabels(folder.appendingPathComponent("out/label/2007_000001.png").path)
      let colours = try ImageFile.read(folder.appendingPathComponent("out/colour/2007_000001.png").path)
      #expect(labels.width == 40 && labels.height == 30 && labels.pixels.allSatisfy { $0 <= 20 })
      // The colour map of VOC: bits of the class, three at a time, are the high bits of red, green and blue.
      for (index, label) in labels.pixels.enumerated() {
        let red = (0..<3).reduce(0) { $0 | (label >> (3 * $1) & 1) << (7 - $1) }
        #expect(colours.pixels[3 * index] == red)
      }
    }
  }
}
