-- DeepLabV3+ with ResNet-101 on PASCAL VOC 2012, scribbles.
return tel.extend(require "voc2012_deeplabv3plus", {
  name = "voc2012_deeplabv3plus_scribble",
  data = {train = {annotation = "scribble"}},
})
