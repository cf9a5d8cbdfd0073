-- LTF with ResNet-101 on PASCAL VOC 2012, scribbles.
return tel.extend(require "voc2012_ltf", {
  name = "voc2012_ltf_scribble",
  data = {train = {annotation = "scribble"}},
})
