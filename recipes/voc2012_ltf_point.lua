-- LTF with ResNet-101 on PASCAL VOC 2012, points.
return tel.extend(require "voc2012_ltf", {
  name = "voc2012_ltf_point",
  data = {train = {annotation = "point"}},
})
