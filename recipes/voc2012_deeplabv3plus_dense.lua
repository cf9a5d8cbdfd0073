-- What dense masks give, an upper bound for points and scribbles: DeepLabV3+ on PASCAL VOC 2012, cross entropy alone.
return tel.extend(require "voc2012_deeplabv3plus", {
  name = "voc2012_deeplabv3plus_dense",
  data = {train = {annotation = "mask"}},
  loss = {(require "published").cross_entropy},
})
